/**
 * The map of pages.
 *
 * To add a page: give its address a name in paths.ts (its first part must be one that the server knows
 * as a page: server/http/static.ts), write pages/<Name>Page.tsx with a default export, and list it
 * here. A page is loaded when it is first visited.
 *
 * A page asks one query (`useAnswer`), shows it in `<Answer>` with a skeleton that has its height, and
 * begins with `<PageHeader>`, which holds the h1, the title of the window and the `</>` link. Parts of
 * it state what they need as fragments beside themselves (`ApiKeyRow_ApiKey`). Filters, tabs and
 * cursors live in the URL (`useSearchState`). `ui/` knows neither GraphQL nor addresses.
 */
import { type ComponentType, lazy, Suspense } from 'react';
import { Route, Switch } from 'wouter';
import { Blank } from './components/Blank.tsx';
import { ErrorBoundary } from './components/ErrorBoundary.tsx';
import { patterns, type RouteName } from './paths.ts';

type Loader = () => Promise<{ default: ComponentType }>;

interface PageRoute {
  load: Loader;
  /** What stands around it; `none` is a page of its own, for who is not signed in. */
  frame: 'none' | 'shell';
}

const shell = (load: Loader): PageRoute => ({ load, frame: 'shell' });
const alone = (load: Loader): PageRoute => ({ load, frame: 'none' });

const routes: Partial<Record<RouteName, PageRoute>> = {
  home: shell(() => import('./pages/HomePage.tsx')),
  signIn: alone(() => import('./pages/SignInPage.tsx')),
  signUp: alone(() => import('./pages/SignUpPage.tsx')),
  resetPassword: alone(() => import('./pages/ResetPasswordPage.tsx')),
  invitation: alone(() => import('./pages/InvitationPage.tsx')),
  confirm: alone(() => import('./pages/ConfirmPage.tsx')),
  account: shell(() => import('./pages/AccountPage.tsx')),
  projects: shell(() => import('./pages/ProjectsPage.tsx')),
  workspaceKeys: shell(() => import('./pages/WorkspaceKeysPage.tsx')),
  workspaceLogs: shell(() => import('./pages/WorkspaceLogsPage.tsx')),
  workspaceAnalytics: shell(() => import('./pages/WorkspaceAnalyticsPage.tsx')),
  workspaceSettings: shell(() => import('./pages/WorkspaceSettingsPage.tsx')),
  overview: shell(() => import('./pages/OverviewPage.tsx')),
  tryIt: shell(() => import('./pages/TryItPage.tsx')),
  keys: shell(() => import('./pages/KeysPage.tsx')),
  logs: shell(() => import('./pages/LogsPage.tsx')),
  analytics: shell(() => import('./pages/AnalyticsPage.tsx')),
  webhooks: shell(() => import('./pages/WebhooksPage.tsx')),
  webhookEndpoint: shell(() => import('./pages/WebhookEndpointPage.tsx')),
  settings: shell(() => import('./pages/ProjectSettingsPage.tsx')),
};

const Shell = lazy(() => import('./components/Shell.tsx'));
const NotFoundPage = lazy(() => import('./pages/NotFoundPage.tsx'));

const pages = Object.entries(routes).map(([name, { load, frame }]) => ({
  name,
  frame,
  pattern: patterns[name as RouteName],
  Page: lazy(load),
}));

const framed = pages.filter(({ frame }) => frame === 'shell');

export function Routes() {
  return (
    <ErrorBoundary>
      <Suspense fallback={<Blank />}>
        <Switch>
          {pages
            .filter(({ frame }) => frame === 'none')
            .map(({ name, pattern, Page }) => (
              <Route key={name} path={pattern} component={Page} />
            ))}
          <Route>
            <Shell>
              <Switch>
                {framed.map(({ name, pattern, Page }) => (
                  <Route key={name} path={pattern} component={Page} />
                ))}
                <Route component={NotFoundPage} />
              </Switch>
            </Shell>
          </Route>
        </Switch>
      </Suspense>
    </ErrorBoundary>
  );
}
