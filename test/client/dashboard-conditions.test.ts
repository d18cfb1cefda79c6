/** The dashboard when things are not as they should be, and in the hands of different people. */
import { expect, test } from 'vitest';
import { password } from '../support/accounts.ts';
import {
  describeInBrowser,
  expectAccessible,
  openNewUser,
  openVisitor,
  settle,
  startDashboard,
} from '../support/browser.ts';
import { makeDataDir } from '../support/data-dir.ts';
import { addMember, ownWorkspace } from '../support/people.ts';
import { startServer } from '../support/process.ts';
import { createTestProject } from '../support/projects.ts';

describeInBrowser('the dashboard', async () => {
  const server = await startDashboard();

  test('says since when live is paused while offline, and goes on by itself', async () => {
    const project = await createTestProject(server.tools);
    const { page, context, visit } = await openVisitor(server, {
      as: project.owner,
      expectErrors: /ERR_INTERNET_DISCONNECTED/,
    });
    await visit(`/projects/${project.id}`);
    await context.setOffline(true);
    await page.getByText(/You are offline: live paused since \d/).waitFor();
    await expectAccessible(page, 'offline');
    await context.setOffline(false);
    await expect.poll(() => page.getByText(/You are offline/).count()).toBe(0);
    await page.getByText('Live', { exact: true }).waitFor();
  });

  test('moves its counts in one window while something happens elsewhere', async () => {
    const project = await createTestProject(server.tools);
    const { page, visit } = await openVisitor(server, { as: project.owner });
    await visit(`/projects/${project.id}?environment=${project.development.id}`);
    await page.getByText('Live', { exact: true }).waitFor();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    const pending = page.locator('dl', { hasText: 'Pending now' }).locator('dd').first();
    expect(await pending.textContent()).toBe('0');
    const start = 'mutation { startSession(input: {}) { __typename } }';
    const headers = { 'x-api-key': project.development.publishableValue };
    await server.graphql(start, {}, { headers });
    await server.graphql(start, {}, { headers });
    await expect.poll(() => pending.textContent()).toBe('2');
    expect(asked).toEqual([]); // nobody polled
  });

  test('goes on by itself when the server was away, with what it missed', async () => {
    const settings = { DATA_DIR: await makeDataDir() };
    const first = await startServer(settings);
    const { page, visit } = await openVisitor(first, {
      expectErrors: /WebSocket connection|ERR_CONNECTION|ERR_EMPTY|ERR_INCOMPLETE|Failed to fetch/,
    });
    await visit('/sign-up');
    await page.getByLabel('Name').fill('Ada');
    await page.getByLabel('Email').fill('ada@example.com');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('button', { name: 'Create project' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Shop');
    await dialog.getByRole('button', { name: 'Create project' }).click();
    const env = (await dialog.locator('pre').textContent()) ?? '';
    await dialog.getByRole('button', { name: 'Copy the .env block' }).click();
    await dialog.getByRole('button', { name: 'Open project' }).click();
    await page.getByText('Live', { exact: true }).waitFor();

    first.kill('SIGTERM');
    await first.ended;
    await page.getByText(/Nothing live can be told just now: paused since \d/).waitFor();
    const again = await startServer({ ...settings, PORT: String(first.port) });
    const headers = { 'x-api-key': /SECRET_KEY=(\S+)/.exec(env)?.[1] ?? '' };
    const start = 'mutation { startSession(input: {}) { __typename } }';
    await again.graphql(start, {}, { headers });
    const pending = page.locator('dl', { hasText: 'Pending now' }).locator('dd').first();
    await expect.poll(() => pending.textContent(), { timeout: 20_000 }).toBe('1');
    await page.getByRole('row', { name: /Pending/ }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
  }, 60_000);

  test('shows the request id of what failed, and tries again when asked to', async () => {
    const { page, person, visit } = await openNewUser(server, { expectErrors: /500/ });
    let broken = true;
    await page.route('**/graphql', (route, request) => {
      if (!broken || !request.postData()?.includes('query Projects')) return route.continue();
      const errors = [
        { message: 'Unexpected error.', extensions: { code: 'INTERNAL', requestId: 'req-17' } },
      ];
      return route.fulfill({ status: 500, json: { data: null, errors } });
    });
    await visit(`/workspaces/${ownWorkspace(person)}/projects`);
    await page.getByText('This could not be loaded').waitFor();
    await page.getByText('req-17').waitFor();
    await expectAccessible(page, 'failed');
    broken = false;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('No projects yet').waitFor();
  });

  test('does not jump: what loads stands where its place was held', async () => {
    const project = await createTestProject(server.tools);
    const { page } = await openVisitor(server, { as: project.owner });
    await page.addInitScript(() => {
      const shifts = window as unknown as { shift: number };
      shifts.shift = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          shifts.shift += (entry as PerformanceEntry & { value: number }).value;
        }
      }).observe({ type: 'layout-shift', buffered: true });
    });
    for (const path of ['', '/keys', '/settings']) {
      await page.goto(`/projects/${project.id}${path}`);
      await settle(page);
      const shift = await page.evaluate(() => (window as unknown as { shift: number }).shift);
      expect(shift, path).toBeLessThan(0.1); // what Web Vitals call good
    }
  });

  test('can be used by keyboard alone', async () => {
    const { page, person, visit } = await openNewUser(server);
    await visit(`/workspaces/${ownWorkspace(person)}/projects`);
    const focused = () =>
      page.evaluate(() => document.activeElement?.textContent?.trim().slice(0, 40) ?? '');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to main content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Create project');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await page.keyboard.type('Shop');
    await page.keyboard.press('Enter');
    await dialog.getByText('Shop is ready').waitFor();
    await dialog.getByRole('button', { name: 'Download .env' }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });

    await page.getByRole('button', { name: 'Actions for Shop' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menu').waitFor();
    for (const entry of ['View logs', 'View analytics', 'Deactivate']) {
      await page.keyboard.press('ArrowDown');
      await expect.poll(focused).toBe(entry);
    }
    await page.keyboard.press('Enter');
    await page.getByRole('cell', { name: 'Inactive' }).waitFor();
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label')))
      .toBe('Actions for Shop');
  });

  test('says by keyboard and to the ear why a button cannot be pressed', async () => {
    const project = await createTestProject(server.tools);
    const viewer = await addMember(server.tools, project.workspaceId, 'VIEWER');
    const { page, visit } = await openVisitor(server, { as: viewer });
    const buttons: [path: string, name: string, reason: RegExp][] = [
      [`/workspaces/${project.workspaceId}/projects`, 'Create project', /role Admin or higher/],
      [`/projects/${project.id}/keys`, 'Add key to secret keys', /role Admin or higher/],
      [`/projects/${project.id}/webhooks`, 'Add endpoint', /does not manage webhooks/],
      [`/projects/${project.id}/settings`, 'Create environment', /role Developer or higher/],
      [`/projects/${project.id}/settings`, 'Delete project', /role Admin or higher/],
    ];
    for (const [path, name, reason] of buttons) {
      await visit(path);
      const button = page.getByRole('button', { name, disabled: true });
      await button.focus();
      expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
      const id = await button.getAttribute('aria-describedby');
      const note = page.locator(`[id="${id}"]`);
      expect(await note.textContent()).toMatch(reason);
      expect(await note.isVisible()).toBe(true);
      await page.keyboard.press('Enter');
      await expectAccessible(page, name);
      expect(await page.getByRole('dialog').count()).toBe(0);
    }
  }, 60_000);

  test('has shortcuts, lists them, and lets people switch them off', async () => {
    const { page, person, visit } = await openNewUser(server);
    await visit(`/workspaces/${ownWorkspace(person)}/projects`);
    await page.keyboard.press('c');
    await page.getByRole('dialog', { name: 'Create project' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('g');
    await page.keyboard.press('m');
    await page.getByRole('heading', { name: 'Members & settings' }).waitFor();
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await dialog.getByText('Go to Projects').waitFor();
    await dialog.getByRole('switch').uncheck();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.keyboard.press('?');
    await page.getByRole('button', { name: 'Keyboard shortcuts' }).focus();
    expect(await dialog.count()).toBe(0);
  });

  test('keeps to the theme that was chosen, whatever the system has', async () => {
    const { page, visit } = await openNewUser(server, { theme: 'light' });
    await visit('/account');
    const background = () =>
      page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await background();
    await page.getByRole('radio', { name: 'Dark' }).check();
    const dark = await background();
    expect(dark).not.toBe(light);
    await page.reload();
    await settle(page);
    expect(await background()).toBe(dark);
    await page.getByRole('radio', { name: /System/ }).check();
    expect(await background()).toBe(light);
  });

  test('opens its operation in GraphiQL, filled in and not yet run', async () => {
    const project = await createTestProject(server.tools);
    const { page, context, visit } = await openVisitor(server, { as: project.owner });
    await visit(`/projects/${project.id}/keys`);
    const link = page.getByRole('link', { name: 'Open this page’s operation in GraphiQL' });
    const href = (await link.getAttribute('href')) ?? '';
    const params = new URL(href, server.url).searchParams;
    const graphiql = await context.newPage();
    await graphiql.goto(href);
    await graphiql.getByText('query').first().waitFor();
    await expect
      .poll(() => graphiql.evaluate(() => document.body.innerText))
      .toMatch(/query\sKeys\(/); // its editor writes other spaces
    const { data } = (
      await server.post(params.get('query') ?? '', JSON.parse(params.get('variables') ?? '{}'), {
        cookie: project.owner.token,
      })
    ).json;
    expect(data.project.current.apiKeys.edges).toHaveLength(2);
  });
});
