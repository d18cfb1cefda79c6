/** What those are told who may not. access.ts knows who may. */
export const adminRule = 'Members and invitations take the role Admin or higher.';
export const ownerRule = 'Only an owner makes, demotes or removes owners.';
