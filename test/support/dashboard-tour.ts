/**
 * Every page and state of the dashboard, by name: what is looked at in both themes by axe, and by
 * people in screenshots. Whoever adds a page adds it here.
 */
import type { Page } from 'playwright-core';
import type { Ask, TourWorld } from './dashboard-seed.ts';

export interface Sight {
  name: string;
  path: (world: TourWorld) => string;
  signedOut?: boolean;
  /** What is done there before one looks. */
  act?: (page: Page, tour: { world: TourWorld; ask: Ask }) => Promise<void>;
  /** What the browser prints on the way. */
  expectErrors?: RegExp;
}

const press = (name: string | RegExp) => (page: Page) =>
  page.getByRole('button', { name }).first().click();

function keysPath({ projectId }: TourWorld): string {
  return `/projects/${projectId}/keys`;
}

function samplePath({ sample }: TourWorld, page: string): string {
  return `/projects/${sample.projectId}/${page}?environment=${sample.developmentId}`;
}

function openKeyDialog(item: string) {
  return async (page: Page) => {
    await press('Actions for Nightly reports')(page);
    await page.getByRole('menuitem', { name: item }).click();
    await page.getByRole('dialog').waitFor();
  };
}

function webhooksPath({ projectId, developmentId }: TourWorld): string {
  return `/projects/${projectId}/webhooks?environment=${developmentId}`;
}

function webhookEndpointPath(world: TourWorld): string {
  return webhooksPath(world).replace('?', `/${world.webhookEndpointId}?`);
}

function openWebhookDialog(item: string) {
  return async (page: Page) => {
    await press(/^Actions for http/)(page);
    await page.getByRole('menuitem', { name: item }).click();
    await page.getByRole('dialog').waitFor();
  };
}

export const sights: readonly Sight[] = [
  { name: 'sign-in', path: () => '/sign-in', signedOut: true },
  { name: 'sign-up', path: () => '/sign-up', signedOut: true },
  { name: 'projects', path: ({ workspaceId }) => `/workspaces/${workspaceId}/projects` },
  {
    name: 'projects-menu',
    path: ({ workspaceId }) => `/workspaces/${workspaceId}/projects`,
    act: async (page) => {
      await press('Actions for Shop')(page);
      await page.getByRole('menuitem', { name: 'Delete project' }).waitFor();
    },
  },
  {
    name: 'projects-empty',
    path: ({ emptyWorkspaceId }) => `/workspaces/${emptyWorkspaceId}/projects`,
  },
  {
    name: 'projects-create',
    path: ({ workspaceId }) => `/workspaces/${workspaceId}/projects`,
    act: async (page) => {
      await press('Create project')(page);
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'projects-reveal',
    path: ({ emptyWorkspaceId }) => `/workspaces/${emptyWorkspaceId}/projects`,
    act: async (page) => {
      await press('Create project')(page);
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Name').fill('Field notes');
      await dialog.getByRole('button', { name: 'Create project' }).click();
      await page.getByRole('button', { name: 'Open project' }).waitFor();
    },
  },
  {
    name: 'projects-delete',
    path: ({ workspaceId }) => `/workspaces/${workspaceId}/projects`,
    act: async (page) => {
      await press('Actions for Shop')(page);
      await page.getByRole('menuitem', { name: 'Delete project' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'shortcuts',
    path: ({ workspaceId }) => `/workspaces/${workspaceId}/projects`,
    act: async (page) => {
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'projects-no-match',
    path: ({ workspaceId }) => `/workspaces/${workspaceId}/projects?search=nothing`,
  },
  { name: 'overview', path: ({ projectId }) => `/projects/${projectId}` },
  {
    name: 'overview-development',
    path: ({ projectId, developmentId }) => `/projects/${projectId}?environment=${developmentId}`,
  },
  { name: 'try-it', path: ({ projectId }) => `/projects/${projectId}/try` },
  {
    name: 'try-it-pending',
    path: ({ projectId }) => `/projects/${projectId}/try`,
    act: async (page) => {
      await press('Start a session')(page);
      await page.getByRole('button', { name: 'Confirm', exact: true }).waitFor();
    },
  },
  {
    name: 'try-it-used',
    path: ({ projectId }) => `/projects/${projectId}/try`,
    act: async (page) => {
      await press('Start a session')(page);
      await page.getByRole('button', { name: 'Confirm', exact: true }).click();
      await page.getByRole('button', { name: 'Exchange for the proof' }).click();
      await page.getByText('session.used').waitFor();
      await press('Create a key and connect')(page);
      await press('Delete this key')(page);
      await page.getByText('4403 DELETED').waitFor();
    },
  },
  { name: 'keys', path: ({ projectId }) => `/projects/${projectId}/keys` },
  {
    name: 'keys-empty',
    path: ({ projectId, developmentId }) =>
      `/projects/${projectId}/keys?environment=${developmentId}`,
  },
  {
    name: 'keys-switch',
    path: ({ projectId }) => `/projects/${projectId}/keys`,
    act: async (page) => {
      await press('Environment: Production')(page);
      await page.getByRole('menu').waitFor();
    },
  },
  {
    name: 'keys-add',
    path: ({ projectId }) => `/projects/${projectId}/keys`,
    act: async (page) => {
      await press('Add key to secret keys')(page);
      await page.getByRole('dialog').waitFor();
    },
  },
  { name: 'keys-edit', path: keysPath, act: openKeyDialog('Edit…') },
  { name: 'keys-regenerate', path: keysPath, act: openKeyDialog('Regenerate…') },
  { name: 'keys-delete', path: keysPath, act: openKeyDialog('Delete…') },
  { name: 'webhooks', path: webhooksPath },
  { name: 'webhooks-empty', path: ({ projectId }) => `/projects/${projectId}/webhooks` },
  {
    name: 'webhooks-add',
    path: webhooksPath,
    act: async (page) => {
      await press('Add endpoint')(page);
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'webhooks-menu',
    path: webhooksPath,
    act: async (page) => {
      await press(/^Actions for http/)(page);
      await page.getByRole('menuitem', { name: 'Delete…' }).waitFor();
    },
  },
  {
    name: 'webhooks-reveal',
    path: webhooksPath,
    act: async (page) => {
      await openWebhookDialog('Reveal secret…')(page);
      await press('Reveal secret')(page);
      await page.getByText('LATCHKEY_WEBHOOK_SECRET').waitFor();
    },
  },
  {
    name: 'webhooks-regenerate',
    path: webhooksPath,
    act: openWebhookDialog('Regenerate secret…'),
  },
  { name: 'webhooks-switch', path: webhooksPath, act: openWebhookDialog('Switch off…') },
  { name: 'webhooks-delete', path: webhooksPath, act: openWebhookDialog('Delete…') },
  { name: 'webhook-endpoint', path: webhookEndpointPath },
  {
    name: 'webhook-endpoint-no-match',
    path: (world) => `${webhookEndpointPath(world)}&status=DELIVERED`,
  },
  {
    name: 'webhook-delivery',
    path: webhookEndpointPath,
    act: async (page) => {
      await page.getByRole('link', { name: 'webhook.test' }).click();
      await page.getByRole('dialog').getByText('No answer').first().waitFor();
    },
  },
  { name: 'settings', path: ({ projectId }) => `/projects/${projectId}/settings` },
  {
    name: 'settings-environment',
    path: ({ projectId }) => `/projects/${projectId}/settings`,
    act: async (page) => {
      await press('Actions for Development')(page);
      await page.getByRole('menuitem', { name: 'Edit…' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'settings-create-environment',
    path: ({ projectId }) => `/projects/${projectId}/settings`,
    act: async (page) => {
      await press('Create environment')(page);
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'settings-conflict',
    path: ({ projectId }) => `/projects/${projectId}/settings`,
    act: async (page, { world: { projectId, token }, ask }) => {
      await page.getByLabel('Name').fill('Web shop');
      const read = `query ($id: ID!) { project(id: $id) { version sessionLifetimeSeconds } }`;
      const { project } = await ask(read, { id: projectId }, token);
      const input = {
        id: projectId,
        version: project.version,
        sessionLifetimeSeconds: project.sessionLifetimeSeconds + 1,
      };
      await ask(
        `mutation ($input: UpdateProjectInput!) { updateProject(input: $input) { __typename } }`,
        { input },
        token,
      );
      await press('Save')(page);
      await page.getByText('changed this').waitFor();
    },
  },
  {
    name: 'analytics',
    path: (world) => samplePath(world, 'analytics'),
    act: (page) => page.getByLabel('Sessions by day: day').focus(),
  },
  {
    name: 'analytics-custom',
    path: (world) =>
      `${samplePath(world, 'analytics')}&from=2026-01-01&to=2026-01-20&zone=America/New_York`,
  },
  { name: 'analytics-empty', path: ({ projectId }) => `/projects/${projectId}/analytics` },
  {
    name: 'analytics-offers-sample',
    path: ({ sample }) => `/projects/${sample.projectId}/analytics?environment=${sample.emptyId}`,
  },
  {
    name: 'workspace-analytics',
    path: ({ workspaceId }) => `/workspaces/${workspaceId}/analytics?days=7`,
  },
  { name: 'logs', path: (world) => samplePath(world, 'logs') },
  {
    name: 'logs-events',
    path: ({ projectId, developmentId }) =>
      `/projects/${projectId}/logs?environment=${developmentId}&tab=events`,
    act: async (page) => {
      await press('Pause')(page);
      await page.getByText('Details').first().click();
    },
  },
  {
    name: 'logs-session',
    path: ({ projectId, developmentId }) =>
      `/projects/${projectId}/logs?environment=${developmentId}&status=confirmed`,
    act: async (page) => {
      await page.getByRole('table').getByRole('link').first().click();
      await page.getByRole('heading', { name: 'Timeline' }).waitFor();
    },
  },
  { name: 'logs-empty', path: ({ projectId }) => `/projects/${projectId}/logs` },
  {
    name: 'logs-no-match',
    path: (world) => `${samplePath(world, 'logs')}&subject=nobody&range=custom&from=2026-01-01`,
  },
  {
    name: 'workspace-logs',
    path: ({ workspaceId }) => `/workspaces/${workspaceId}/logs?tab=events`,
  },
  { name: 'account', path: () => '/account' },
  {
    name: 'account-token',
    path: () => '/account',
    act: async (page) => {
      await press('Create token')(page);
      await page.getByRole('dialog').waitFor();
    },
  },
  { name: 'workspace-keys', path: ({ workspaceId }) => `/workspaces/${workspaceId}/keys` },
  { name: 'workspace-settings', path: ({ workspaceId }) => `/workspaces/${workspaceId}/settings` },
  {
    name: 'workspace-invite',
    path: ({ workspaceId }) => `/workspaces/${workspaceId}/settings`,
    act: async (page) => {
      await press('Invite')(page);
      await page.getByRole('dialog').waitFor();
    },
  },
  { name: 'reset-password', path: () => '/reset-password#token=x', signedOut: true },
  { name: 'reset-password-incomplete', path: () => '/reset-password', signedOut: true },
  { name: 'invitation', path: () => '/invitation#token=x', signedOut: true },
  { name: 'invitation-accept', path: () => '/invitation#token=x' },
  {
    name: 'confirm-pending',
    path: ({ linkTokens }) => `/s/${linkTokens.pending}`,
    signedOut: true,
    act: (page) => page.getByText('Open on another device').click(),
  },
  {
    name: 'confirm-typed',
    path: ({ linkTokens }) => `/s/${linkTokens.typed}`,
    signedOut: true,
    act: async (page) => {
      await page.getByLabel('Code on the other device').fill('bcdf ghjk');
      await press('Confirm')(page);
      await page.getByText(/tries are left|try is left|was cancelled/).waitFor();
    },
  },
  {
    name: 'confirm-production',
    path: ({ linkTokens }) => `/s/${linkTokens.production}`,
    signedOut: true,
  },
  { name: 'confirm-used', path: ({ linkTokens }) => `/s/${linkTokens.used}`, signedOut: true },
  {
    name: 'confirm-cancelled',
    path: ({ linkTokens }) => `/s/${linkTokens.cancelled}`,
    signedOut: true,
  },
  { name: 'confirm-unknown', path: () => '/s/nothing', signedOut: true },
  {
    name: 'projects-leaving',
    path: ({ emptyWorkspaceId }) => `/workspaces/${emptyWorkspaceId}/projects`,
    act: async (page) => {
      await press('Create project')(page);
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Name').fill('Difference engine');
      await dialog.getByRole('button', { name: 'Create project' }).click();
      await page.getByRole('button', { name: 'Open project' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Stay' }).waitFor();
    },
  },
  {
    name: 'offline',
    path: ({ projectId }) => `/projects/${projectId}/settings`,
    act: async (page) => {
      await page.context().setOffline(true);
      await page.getByText('You are offline').waitFor();
    },
  },
  {
    name: 'failed',
    path: ({ projectId }) => `/projects/${projectId}`,
    expectErrors: /500/,
    act: async (page, { world: { projectId } }) => {
      await page.route('**/graphql', (route, request) => {
        if (!request.postData()?.includes('query Keys')) return route.continue();
        const extensions = { code: 'INTERNAL', requestId: '7d0c2a52-90f1-4f3f-9f5e-0d3c4f0b7a11' };
        const errors = [{ message: 'Unexpected error.', extensions }];
        return route.fulfill({ status: 500, json: { data: null, errors } });
      });
      await page.evaluate((path) => {
        history.pushState(null, '', path);
      }, `/projects/${projectId}/keys`);
      await page.getByText('This could not be loaded').waitFor();
    },
  },
  {
    name: 'navigation',
    path: ({ projectId }) => `/projects/${projectId}/keys`,
    act: async (page) => {
      const toggle = page.getByRole('button', { name: 'Open the menu' });
      if (await toggle.isVisible()) await toggle.click();
    },
  },
  { name: 'not-found', path: () => '/projects/prj_00000000000000000000000000/nothing' },
  { name: 'refused', path: () => '/workspaces/wsp_00000000000000000000000000/projects' },
];
