/** Dialogs that make a secret: nothing closes them while it is on its way. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { describeInBrowser, openVisitor, settle, startDashboard } from '../support/browser.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';

type Case = [
  mutation: string,
  path: (project: TestProject) => string,
  /** Up to the press that makes it. */
  act: (page: Page) => Promise<void>,
  shown: RegExp,
];

const press = (page: Page, name: string) => page.getByRole('button', { name }).click();
const submit = (page: Page, name: string) =>
  page.getByRole('dialog').getByRole('button', { name }).click();

async function choose(page: Page, menu: string | RegExp, item: string) {
  await page.getByRole('button', { name: menu }).click();
  await page.getByRole('menuitem', { name: item }).click();
}

const cases: Case[] = [
  [
    'CreateProject',
    ({ workspaceId }) => `/workspaces/${workspaceId}/projects`,
    async (page) => {
      await press(page, 'Create project');
      await page.getByRole('dialog').getByLabel('Name').fill('Another');
      await submit(page, 'Create project');
    },
    /^LATCHKEY_URL/,
  ],
  [
    'AddApiKey',
    ({ id }) => `/projects/${id}/keys`,
    async (page) => {
      await press(page, 'Add key to secret keys');
      await page.getByRole('dialog').getByLabel('Name').fill('Checkout server');
      await submit(page, 'Add key');
    },
    /^LATCHKEY_URL/,
  ],
  [
    'RegenerateApiKey',
    ({ id }) => `/projects/${id}/keys`,
    async (page) => {
      await choose(page, 'Actions for Secret key', 'Regenerate…');
      await submit(page, 'Regenerate');
    },
    /^LATCHKEY_URL/,
  ],
  [
    'AddWebhook',
    ({ id }) => `/projects/${id}/webhooks`,
    async (page) => {
      await press(page, 'Add endpoint');
      await page.getByRole('dialog').getByLabel('URL').fill('https://example.com/webhooks');
      await submit(page, 'Add endpoint');
    },
    /^LATCHKEY_WEBHOOK_SECRET/,
  ],
  [
    'RegenerateWebhookSecret',
    ({ id }) => `/projects/${id}/webhooks`,
    async (page) => {
      await choose(page, /^Actions for http/, 'Regenerate secret…');
      await submit(page, 'Regenerate');
    },
    /^LATCHKEY_WEBHOOK_SECRET/,
  ],
  [
    'CreateAccessToken',
    () => '/account',
    async (page) => {
      await press(page, 'Create token');
      await page.getByRole('dialog').getByLabel('Name').fill('Deployment');
      await submit(page, 'Create token');
    },
    /^LATCHKEY_URL/,
  ],
  [
    'InviteMember',
    ({ workspaceId }) => `/workspaces/${workspaceId}/settings`,
    async (page) => {
      await press(page, 'Invite');
      await page.getByRole('dialog').getByLabel('Email').fill('grace@example.com');
      await submit(page, 'Create invitation');
    },
    /invitation#token=/,
  ],
];

/** Whose secret is shown again to who asks: the page may be left. All others are shown only this once. */
const canBeRevealed = new Set(['AddWebhook', 'RegenerateWebhookSecret']);

describeInBrowser('a dialog that makes a secret', async () => {
  const server = await startDashboard();

  test('stays while that is under way, whatever is pressed', async () => {
    const project = await createTestProject(server.tools);
    const { page, visit } = await openVisitor(server, { as: project.owner });
    let held: { name: string; release: () => void } | null = null;
    let holds = '';
    await page.route('**/graphql', async (route, request) => {
      const isHeld = request.postData()?.includes(`mutation ${holds}(`);
      if (isHeld) {
        await new Promise<void>((resolve) => {
          held = { name: holds, release: resolve };
        });
      }
      await route.continue();
    });
    const dialog = page.getByRole('dialog');
    for (const [mutation, path, act, shown] of cases) {
      await visit(`/workspaces/${project.workspaceId}/keys`);
      // As a link does: the Back button loads nothing.
      await page.evaluate((to) => history.pushState(null, '', to), path(project));
      await settle(page);
      holds = mutation;
      await act(page);
      await expect.poll(() => held?.name, { message: mutation }).toBe(mutation);
      const href = page.url();

      await page.keyboard.press('Escape');
      await page.mouse.click(5, 450);
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      await dialog.getByRole('button', { name: 'Close', exact: true }).click();
      if (!canBeRevealed.has(mutation)) {
        await page.evaluate(() => history.back());
        await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
      }
      expect(await dialog.count(), mutation).toBe(1);
      held!.release();
      held = null;
      await dialog.getByText(shown).first().waitFor();
      expect(page.url()).toBe(href);
      for (const copy of await dialog.getByRole('button', { name: /^Copy/ }).all())
        await copy.click();
      await dialog.getByRole('button', { name: /^(Done|Open project)$/ }).click();
      await dialog.waitFor({ state: 'detached' });
    }
  }, 120_000);
});
