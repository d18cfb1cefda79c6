import { builder } from '../builder.ts';

export const Role = builder.enumType('Role', {
  description: 'What a member may do in a workspace. Each role may all that the ones below may.',
  values: {
    OWNER: { description: 'Also manage owners and the workspace itself.' },
    ADMIN: {
      description:
        'Also create projects, manage production, project settings, deletion and members.',
    },
    DEVELOPER: { description: 'Also manage keys, webhooks and environments outside production.' },
    VIEWER: { description: 'Read everything but secrets.' },
  } as const,
});
