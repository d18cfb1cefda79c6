import { expect, test } from 'vitest';
import { graphiqlPath, paths, patterns, safeNext } from '../../client/paths.ts';

test('every address of the dashboard', () => {
  const search = { environment: 'env_1' };
  expect({
    home: paths.home(),
    signIn: paths.signIn(),
    signInThen: paths.signIn('/projects/prj_1?environment=env_1'),
    signUp: paths.signUp('/account'),
    account: paths.account(),
    projects: paths.projects('wsp_1'),
    workspaceKeys: paths.workspaceKeys('wsp_1'),
    workspaceLogs: paths.workspaceLogs('wsp_1'),
    workspaceAnalytics: paths.workspaceAnalytics('wsp_1'),
    workspaceSettings: paths.workspaceSettings('wsp_1'),
    overview: paths.overview('prj_1'),
    keys: paths.keys('prj_1', search),
    keysOfDefault: paths.keys('prj_1', { environment: null }),
    logs: paths.logs('prj_1', search),
    analytics: paths.analytics('prj_1', search),
    webhooks: paths.webhooks('prj_1', search),
    webhookEndpoint: paths.webhookEndpoint('prj_1', 'whe_1', { ...search, status: 'FAILED' }),
    settings: paths.settings('prj_1'),
    tryIt: paths.tryIt('prj_1', search),
  }).toMatchInlineSnapshot(`
    {
      "account": "/account",
      "analytics": "/projects/prj_1/analytics?environment=env_1",
      "home": "/",
      "keys": "/projects/prj_1/keys?environment=env_1",
      "keysOfDefault": "/projects/prj_1/keys",
      "logs": "/projects/prj_1/logs?environment=env_1",
      "overview": "/projects/prj_1",
      "projects": "/workspaces/wsp_1/projects",
      "settings": "/projects/prj_1/settings",
      "signIn": "/sign-in",
      "signInThen": "/sign-in?next=%2Fprojects%2Fprj_1%3Fenvironment%3Denv_1",
      "signUp": "/sign-up?next=%2Faccount",
      "tryIt": "/projects/prj_1/try?environment=env_1",
      "webhookEndpoint": "/projects/prj_1/webhooks/whe_1?environment=env_1&status=FAILED",
      "webhooks": "/projects/prj_1/webhooks?environment=env_1",
      "workspaceAnalytics": "/workspaces/wsp_1/analytics",
      "workspaceKeys": "/workspaces/wsp_1/keys",
      "workspaceLogs": "/workspaces/wsp_1/logs",
      "workspaceSettings": "/workspaces/wsp_1/settings",
    }
  `);
});

test('each has a route', () => {
  const built = Object.values(paths).map((build) =>
    (build as (...ids: string[]) => string)('x', 'x'),
  );
  const routes = Object.values(patterns).map((pattern) => pattern.replaceAll(/:\w+/g, 'x'));
  for (const path of built) expect(routes).toContain(path.split('?', 1)[0]);
});

test.each([
  [null, '/'],
  ['', '/'],
  ['/account', '/account'],
  ['/projects/prj_1?environment=env_1', '/projects/prj_1?environment=env_1'],
  ['https://example.com/', '/'],
  ['//example.com/', '/'],
  ['/\\example.com/', '/'],
  ['/\t/example.com', '/'],
  ['javascript:alert(1)', '/'],
])('who signs in goes only where we lead: %j to %s', (next, path) => {
  expect(safeNext(next)).toBe(path);
});

test('GraphiQL opens with an operation and its variables', () => {
  const url = new URL(
    graphiqlPath('query A($id: ID!) { node(id: $id) { id } }', { id: 'prj_1' }),
    'http://x',
  );
  expect(url.pathname).toBe('/graphql');
  expect(url.searchParams.get('query')).toBe('query A($id: ID!) { node(id: $id) { id } }');
  expect(JSON.parse(url.searchParams.get('variables') ?? '')).toEqual({ id: 'prj_1' });
});
