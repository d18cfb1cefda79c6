import type { ActorName, World } from './world.ts';

/** Something to change in a world, and who may. Everybody else is refused it. */
export interface Attempt {
  input: object;
  may: readonly ActorName[];
  /** A word of refusal that others would take for a mistake in the input. */
  refusedAs?: string;
  /** The refusal says that there is such a thing, which is no secret. */
  tells?: true;
}

const keys = [
  'publishable key',
  'secret key',
  'secret key of another environment',
  'secret key of another workspace',
] as const;
const secretKeys = keys.slice(1);
const members = ['viewer', 'developer', 'admin', 'owner'] as const;
const signedIn = [...members, 'owner of another workspace'] as const;
const developers = ['developer', 'admin', 'owner'] as const;
const admins = ['admin', 'owner'] as const;
/** Whoever manages production, also by a token that is narrowed to it. */
const ofProduction = [...admins, 'access token beside a key'] as const;

/** The least that each mutation of the schema takes, by its name. */
export function attemptsOf(world: World): Record<string, Attempt[]> {
  const { people, environments, markers, workspaces, projects, tokenIds, invitation, webhooks } =
    world;
  const production = environments['w1-p1-production']!;
  const staging = environments['w1-p1-staging']!;
  const workspaceId = workspaces.w1!;
  const project = { id: projects['w1-p1']!, version: 1 };
  const viewer = people.viewer!.actor;
  const nameOf = (label: string) => markers.plant(`${label}-name`);
  const sessionOf = (label: string) => world.sessions.find((each) => each.label === label)!;
  const pending = sessionOf('w1-p1-production-session-pending');
  const stagingPending = sessionOf('w1-p1-staging-session-pending');
  const openPending = sessionOf('w1-p1-development-session-pending');
  const confirmed = sessionOf('w1-p1-production-session-confirmed');
  const subject = { id: 'somebody' };
  const endUser = { provider: 'server', subjectId: 'somebody' };
  const newPassword = 'another correct horse';

  /** The same for a key of production and one of staging. */
  function ofKeys(which: string, more: (name: string) => object): Attempt[] {
    const [here, there] = [production.keys[which]!, staging.keys.secret!];
    return [
      {
        input: { id: here.id, ...more(nameOf(`w1-p1-production-key-${which}`)) },
        may: ofProduction,
      },
      { input: { id: there.id, ...more(nameOf('w1-p1-staging-key-secret')) }, may: developers },
    ];
  }

  /** The same for a webhook of production and one of staging. */
  function ofWebhooks(more: object = {}, which: 'id' | 'deliveryId' = 'id'): Attempt[] {
    const [here, there] = [webhooks[production.label]!, webhooks[staging.label]!];
    return [
      { input: { id: here[which], ...more }, may: ofProduction },
      { input: { id: there[which], ...more }, may: developers },
    ];
  }

  // In an order in which the first attempt of each succeeds for those who may.
  return {
    startSession: [
      { input: {}, may: secretKeys, refusedAs: 'VALIDATION_FAILED' },
      { input: { environmentId: staging.id }, may: developers, refusedAs: 'VALIDATION_FAILED' },
      { input: { environmentId: production.id }, may: [], refusedAs: 'VALIDATION_FAILED' },
      { input: { projectId: project.id }, may: [], refusedAs: 'VALIDATION_FAILED', tells: true },
    ],
    exchangeSession: [
      { input: { sessionId: confirmed.id }, may: ['secret key'] },
      // Its server alone may, which started it.
      { input: { clientSecret: confirmed.clientSecret }, may: [] },
    ],
    confirmSession: [
      { input: { sessionId: pending.id, subject }, may: ['secret key'] },
      { input: { linkToken: pending.linkToken, subject }, may: ['secret key'] },
      {
        input: { linkToken: stagingPending.linkToken, subject },
        may: ['secret key of another environment'],
      },
      {
        input: { linkToken: openPending.linkToken, subject },
        may: ['nobody', ...signedIn, 'access token for another workspace'],
      },
    ],
    cancelSession: [
      {
        input: { sessionId: stagingPending.id },
        may: ['secret key of another environment', ...developers],
      },
      { input: { sessionId: pending.id }, may: ['secret key'] },
      {
        input: { clientSecret: pending.clientSecret },
        may: [
          'nobody',
          'publishable key',
          'secret key',
          ...signedIn,
          'access token for another workspace',
          'access token beside a key',
        ],
      },
    ],

    eraseSubject: [
      { input: { projectId: project.id, ...endUser }, may: admins },
      { input: { environmentId: production.id, ...endUser }, may: ofProduction },
      // Whatever its kind.
      { input: { environmentId: staging.id, ...endUser }, may: admins },
    ],

    updateApiKey: ofKeys('temporary', () => ({ version: 2, active: false })),
    finishApiKeyRotation: ofKeys('rotating', () => ({})),
    deleteApiKey: ofKeys('inactive', (confirmName) => ({ confirmName })),
    regenerateApiKey: ofKeys('secret', () => ({ overlapSeconds: 60 })),
    createApiKey: [
      { input: { environmentId: production.id, name: 'Mine', type: 'SECRET' }, may: ofProduction },
      { input: { environmentId: staging.id, name: 'Mine', type: 'PUBLISHABLE' }, may: developers },
    ],
    createWebhookEndpoint: [
      { input: { environmentId: production.id, url: 'https://example.com' }, may: ofProduction },
      { input: { environmentId: staging.id, url: 'https://example.com' }, may: developers },
    ],
    updateWebhookEndpoint: ofWebhooks({ version: 2, eventTypes: ['session.used'] }),
    revealWebhookSecret: ofWebhooks(),
    regenerateWebhookSecret: ofWebhooks({ overlapSeconds: 60 }),
    sendTestWebhook: ofWebhooks(),
    redeliverWebhook: ofWebhooks({}, 'deliveryId'),
    replayMissedWebhooks: ofWebhooks(),
    deleteWebhookEndpoint: ofWebhooks(),
    updateEnvironment: [
      { input: { id: production.id, version: 2, allowedOrigins: [] }, may: ofProduction },
      { input: { id: staging.id, version: 2, testConfirmations: true }, may: developers },
    ],
    createEnvironment: [
      { input: { projectId: project.id, name: 'Mine', kind: 'STAGING' }, may: developers },
      { input: { projectId: project.id, name: 'Mine', kind: 'PRODUCTION' }, may: admins },
    ],
    deleteEnvironment: [
      {
        input: { id: staging.id, confirmName: nameOf('w1-p1-staging-environment') },
        may: developers,
      },
      // The default one, which nobody may delete.
      {
        input: { id: production.id, confirmName: nameOf('w1-p1-production-environment') },
        may: [],
      },
    ],
    addSampleData: [
      { input: { environmentId: environments['w1-p1-empty']!.id }, may: developers },
      { input: { environmentId: staging.id }, may: [] },
      { input: { environmentId: production.id }, may: [] },
      // In which sessions were started.
      {
        input: { environmentId: environments['w1-p1-development']!.id },
        may: [],
        refusedAs: 'CONFLICT',
      },
    ],
    updateProject: [{ input: { ...project, publicAccess: true }, may: admins }],
    deleteProject: [
      { input: { id: project.id, confirmName: nameOf('w1-p1-project') }, may: admins },
    ],
    createProject: [{ input: { name: 'Mine', workspaceId }, may: admins }],

    createAccessToken: [
      { input: { name: 'Mine', scope: 'READ', workspaceId }, may: members },
      { input: { name: 'Mine', scope: 'READ' }, may: signedIn },
    ],
    revokeAccessToken: [{ input: { id: tokenIds['viewer-token-own'] }, may: ['viewer'] }],
    inviteMember: [
      { input: { workspaceId, email: 'new@example.com', role: 'VIEWER' }, may: admins },
      { input: { workspaceId, email: 'new@example.com', role: 'OWNER' }, may: ['owner'] },
    ],
    revokeInvitation: [{ input: { id: invitation.id }, may: admins }],
    // It is for somebody who is none of them.
    acceptInvitation: [{ input: { token: invitation.token }, may: [] }],
    changeMemberRole: [
      { input: { workspaceId, userId: viewer.id, role: 'DEVELOPER' }, may: admins },
      { input: { workspaceId, userId: viewer.id, role: 'OWNER' }, may: ['owner'] },
      // The last owner.
      { input: { workspaceId, userId: people.owner!.actor.id, role: 'VIEWER' }, may: [] },
    ],
    removeMember: [
      { input: { workspaceId, userId: viewer.id }, may: ['viewer', ...admins] },
      { input: { workspaceId, userId: people.owner!.actor.id }, may: [] },
    ],
    createWorkspace: [{ input: { name: 'Mine' }, may: signedIn }],
    updateWorkspace: [
      { input: { id: workspaceId, version: 2, logRetentionDays: 1 }, may: ['owner'] },
    ],
    deleteWorkspace: [
      { input: { id: workspaceId, confirmName: nameOf('w1-workspace') }, may: ['owner'] },
    ],

    changePassword: [{ input: { currentPassword: world.password, newPassword }, may: signedIn }],
    resetPassword: [{ input: { token: invitation.token, password: newPassword }, may: [] }],
    signIn: [
      {
        input: { email: people.owner!.email, password: world.password },
        may: ['nobody', ...keys, ...signedIn],
      },
    ],
    signUp: [
      {
        input: { email: 'new@example.com', password: newPassword, name: 'Mine' },
        may: ['nobody', ...keys, ...signedIn],
      },
    ],
    signOut: [
      { input: { everywhere: true }, may: ['nobody', ...keys, ...signedIn] },
      { input: { signInId: viewer.signInId }, may: ['viewer'] },
    ],
  };
}
