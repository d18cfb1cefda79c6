/** Every address of the dashboard. Links, redirects and routes are made from here alone. */

/** What each route matches; `:name` stands for one part of the path. */
export const patterns = {
  home: '/',
  signIn: '/sign-in',
  signUp: '/sign-up',
  resetPassword: '/reset-password',
  invitation: '/invitation',
  account: '/account',
  confirm: '/s/:linkToken',
  projects: '/workspaces/:workspaceId/projects',
  workspaceKeys: '/workspaces/:workspaceId/keys',
  workspaceLogs: '/workspaces/:workspaceId/logs',
  workspaceAnalytics: '/workspaces/:workspaceId/analytics',
  workspaceSettings: '/workspaces/:workspaceId/settings',
  overview: '/projects/:projectId',
  keys: '/projects/:projectId/keys',
  logs: '/projects/:projectId/logs',
  analytics: '/projects/:projectId/analytics',
  webhooks: '/projects/:projectId/webhooks',
  webhookEndpoint: '/projects/:projectId/webhooks/:endpointId',
  settings: '/projects/:projectId/settings',
  tryIt: '/projects/:projectId/try',
} as const;

export type RouteName = keyof typeof patterns;

/** What the pages of a project keep in the URL. */
export interface ProjectSearch {
  /** null or left out: the project's default environment. */
  environment?: string | null;
}

/** What the page of a webhook endpoint keeps in the URL. */
export interface WebhookSearch extends ProjectSearch {
  /** Only deliveries that stand so. */
  status?: string;
  /** The delivery that is open. */
  delivery?: string;
}

export const paths = {
  home: () => '/',
  /** @param next where to go afterwards; a path of ours */
  signIn: (next?: string | null) => withSearch('/sign-in', { next }),
  signUp: (next?: string | null) => withSearch('/sign-up', { next }),
  account: () => '/account',

  projects: (workspaceId: string) => `/workspaces/${workspaceId}/projects`,
  workspaceKeys: (workspaceId: string) => `/workspaces/${workspaceId}/keys`,
  workspaceLogs: (workspaceId: string) => `/workspaces/${workspaceId}/logs`,
  workspaceAnalytics: (workspaceId: string) => `/workspaces/${workspaceId}/analytics`,
  workspaceSettings: (workspaceId: string) => `/workspaces/${workspaceId}/settings`,

  overview: (projectId: string, search?: ProjectSearch) =>
    withSearch(`/projects/${projectId}`, search),
  keys: (projectId: string, search?: ProjectSearch) =>
    withSearch(`/projects/${projectId}/keys`, search),
  logs: (projectId: string, search?: ProjectSearch & { session?: string }) =>
    withSearch(`/projects/${projectId}/logs`, search),
  analytics: (projectId: string, search?: ProjectSearch) =>
    withSearch(`/projects/${projectId}/analytics`, search),
  webhooks: (projectId: string, search?: ProjectSearch) =>
    withSearch(`/projects/${projectId}/webhooks`, search),
  webhookEndpoint: (projectId: string, endpointId: string, search?: WebhookSearch) =>
    withSearch(`/projects/${projectId}/webhooks/${endpointId}`, search),
  settings: (projectId: string, search?: ProjectSearch) =>
    withSearch(`/projects/${projectId}/settings`, search),
  tryIt: (projectId: string, search?: ProjectSearch) =>
    withSearch(`/projects/${projectId}/try`, search),
} as const;

/** A picture of the address of the confirm page, as the server draws it. */
export function qrCodePath(linkToken: string): string {
  return `/s/${linkToken}/qr.svg`;
}

/**
 * GraphiQL with an operation in it, which is run by nobody until a person does. Never with a secret:
 * the address ends up in histories.
 */
export function graphiqlPath(query: string, variables: object): string {
  return `/graphql?${new URLSearchParams({ query, variables: JSON.stringify(variables, null, 2) })}`;
}

/**
 * Where to go after signing in: only a path of ours, so that no link of somebody else's can lead
 * from our form to their page.
 */
export function safeNext(next: string | null): string {
  if (!next?.startsWith('/') || next.startsWith('//') || next.includes('\\')) return '/';
  return new URL(next, 'http://latchkey.invalid').host === 'latchkey.invalid' ? next : '/';
}

function withSearch(path: string, search: object = {}): string {
  const given = Object.entries(search).filter(([, value]) => value != null && value !== '');
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}
