import type { Invitation } from '../../../prisma/generated/client.ts';
import { mayReadInvitations, readableWorkspaceIds } from '../access.ts';
import type { Call } from '../call.ts';
import { kindOfId } from '../ids.ts';
import { gathered } from '../load.ts';

/** An invitation that can still be accepted. */
export type InvitationRecord = Omit<Invitation, 'digest' | 'masterKeyId'>;

/** The open ones, by the database's clock, of those workspaces whose invitations the actor may see. */
async function readInvitations(
  call: Call,
  column: 'id' | 'workspace_id',
  ids: readonly string[],
): Promise<InvitationRecord[]> {
  const readable = readableWorkspaceIds(call).filter((id) => mayReadInvitations(call, id));
  const { rows } = await call.db.$pool.query<InvitationRecord>(
    `SELECT id, workspace_id AS "workspaceId", email, role, invited_by_id AS "invitedById",
       created_at AS "createdAt", expires_at AS "expiresAt"
     FROM invitations WHERE ${column} = ANY ($1) AND workspace_id = ANY ($2) AND expires_at > now()
     ORDER BY created_at DESC, id DESC`,
    [ids, readable],
  );
  return rows;
}

/** The open invitation, if the actor may see it; null otherwise. */
export async function findInvitation(call: Call, id: string): Promise<InvitationRecord | null> {
  if (kindOfId(id) !== 'invitation') return null;
  return (await readInvitations(call, 'id', [id]))[0] ?? null;
}

/** Like findInvitation, many in one statement. */
export const loadInvitation = gathered(
  (call, ids) => readInvitations(call, 'id', ids),
  ({ id }) => id,
);

/** The open invitations of a workspace, newest first; none where the actor may not see them. */
export async function listInvitations(
  call: Call,
  workspaceId: string,
): Promise<InvitationRecord[]> {
  return (await loadInvitations(call, workspaceId))?.invitations ?? [];
}

const loadInvitations = gathered(
  async (call, workspaceIds) => {
    const all = await readInvitations(call, 'workspace_id', workspaceIds);
    return workspaceIds.map((workspaceId) => ({
      workspaceId,
      invitations: all.filter((each) => each.workspaceId === workspaceId),
    }));
  },
  ({ workspaceId }) => workspaceId,
);
