/** Logs and analytics in the dashboard: found again by their address, live, and taken along as files. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { describeInBrowser, openVisitor, settle, startDashboard } from '../support/browser.ts';
import { addMember } from '../support/people.ts';
import { createTestProject } from '../support/projects.ts';

describeInBrowser('what happened in a project', async () => {
  const server = await startDashboard();

  /** A project whose development environment is looked at, and who acts there meanwhile. */
  async function openProject() {
    const project = await createTestProject(server.tools);
    const visitor = await openVisitor(server, { as: project.owner });
    const { id: environmentId, publishableValue } = project.development;
    const headers = { 'x-api-key': publishableValue };
    async function start() {
      const query = `mutation { startSession(input: {}) {
        ... on StartSessionPayload { session { sessionId } linkToken clientSecret } } }`;
      return (await server.graphql(query, {}, { headers })).startSession;
    }
    async function confirm(linkToken: string, name: string) {
      const query = `mutation ($input: ConfirmSessionInput!) {
        confirmSession(input: $input) { __typename } }`;
      const subject = { id: name.toLowerCase(), name };
      await server.graphql(query, { input: { linkToken, subject } });
    }
    const pathOf = (page: string, search = '') =>
      `/projects/${project.id}/${page}?environment=${environmentId}${search}`;
    return { project, ...visitor, start, confirm, pathOf };
  }

  test('is filtered by the address, which survives a reload and the Back button', async () => {
    const { page, visit, start, confirm, pathOf } = await openProject();
    const pending = await start();
    const confirmed = await start();
    await confirm(confirmed.linkToken, 'Alan');
    await visit(pathOf('logs'));
    const table = page.getByRole('table', { name: 'Sessions' });
    await table.getByText(pending.session.sessionId).waitFor();

    await page.getByRole('button', { name: 'Confirmed' }).click();
    await table.getByText(pending.session.sessionId).waitFor({ state: 'detached' });
    await page.getByLabel('Search sessions').fill('alan');
    await expect.poll(() => page.url()).toContain('search=alan');
    await page.reload();
    await settle(page);
    await table.getByText(confirmed.session.sessionId).waitFor();
    expect(await table.getByRole('row').count()).toBe(2);
    const chip = page.getByRole('button', { name: 'Confirmed' });
    expect(await chip.getAttribute('aria-pressed')).toBe('true');
    expect(await page.getByLabel('Search sessions').inputValue()).toBe('alan');
  });

  test('opens a session’s timeline under an address of its own, and says where nothing matches', async () => {
    const { page, visit, start, confirm, pathOf } = await openProject();
    const pending = await start();
    const confirmed = await start();
    await confirm(confirmed.linkToken, 'Alan');
    await visit(pathOf('logs'));
    const table = page.getByRole('table', { name: 'Sessions' });
    await table.getByRole('link', { name: confirmed.session.sessionId }).click();
    const panel = page.getByRole('dialog', { name: 'Session' });
    await panel.getByRole('heading', { name: 'Timeline' }).waitFor();
    expect(page.url()).toContain(`session=${confirmed.session.sessionId}`);
    expect(await panel.getByRole('listitem').count()).toBe(2);
    await page.goBack();
    await panel.waitFor({ state: 'detached' });

    await page.getByLabel('Search sessions').fill('nobody');
    await page.getByText('No session matches').waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    await table.getByText(pending.session.sessionId).waitFor();
  });

  test('appears while others act: at once, or when it is asked for', async () => {
    const { page, visit, start, confirm, pathOf } = await openProject();
    const first = await start();
    await visit(pathOf('logs', '&tab=events'));
    const table = page.getByRole('table', { name: 'Events' });
    await table.getByText('session.started').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await confirm(first.linkToken, 'Grace');
    await table.getByText('session.confirmed').waitFor();

    await page.getByRole('button', { name: 'Pause' }).click();
    await start();
    await page.getByRole('button', { name: '1 new' }).waitFor();
    expect(await table.getByText('session.started').count()).toBe(1);
    await page.getByRole('button', { name: '1 new' }).click();
    await expect.poll(() => table.getByText('session.started').count()).toBe(2);
    expect(await page.getByRole('button', { name: /new$/ }).count()).toBe(0);

    await page.getByRole('link', { name: 'Sessions' }).click();
    const sessions = page.getByRole('table', { name: 'Sessions' });
    const third = await start();
    await sessions.getByText(third.session.sessionId).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await confirm(third.linkToken, 'Katherine');
    await sessions.getByRole('row', { name: /Katherine.*Confirmed/ }).waitFor();
  });

  test('waits while one has paused, whatever filter is set meanwhile', async () => {
    const { page, visit, start, confirm, pathOf } = await openProject();
    const { linkToken } = await start();
    await visit(pathOf('logs', '&tab=events'));
    const table = page.getByRole('table', { name: 'Events' });
    await page.getByText('Live', { exact: true }).waitFor();
    await confirm(linkToken, 'Grace');
    await table.getByText('session.confirmed').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    const isRead = page.waitForResponse((response) =>
      Boolean(response.request().postData()?.includes('query LogEvents')),
    );
    await page.getByLabel('Type').selectOption('session.started');
    await isRead; // what is started now is told, and not read
    await expect.poll(() => table.getByText('session.confirmed').count()).toBe(0);
    const startedBefore = await table.getByText('session.started').count();
    await start();
    await page.getByRole('button', { name: '1 new' }).waitFor();
    expect(await table.getByText('session.started').count()).toBe(startedBefore);
    await page.getByRole('button', { name: 'Resume' }).click();
    await expect.poll(() => table.getByText('session.started').count()).toBe(2);
    expect(await page.getByRole('button', { name: /new$/ }).count()).toBe(0);

    await visit(pathOf('logs', '&status=pending'));
    const sessions = page.getByRole('table', { name: 'Sessions' });
    await expect.poll(() => sessions.getByRole('row').count()).toBe(2);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    const another = await start();
    await page.getByRole('button', { name: 'Read anew' }).waitFor();
    expect(await sessions.getByText(another.session.sessionId).count()).toBe(0);
    await page.getByRole('button', { name: 'Read anew' }).click();
    await sessions.getByText(another.session.sessionId).waitFor();
    expect(await page.getByRole('button', { name: 'Read anew' }).count()).toBe(0);
  });

  test('is taken along as a file with the filter that is set', async () => {
    const { page, visit, start, confirm, pathOf } = await openProject();
    await start();
    const { linkToken, session } = await start();
    await confirm(linkToken, 'Alan');
    await visit(pathOf('logs', '&status=confirmed'));
    async function take(item: string): Promise<{ name: string; text: string }> {
      await page.getByRole('button', { name: 'Export' }).click();
      const download = page.waitForEvent('download');
      await page.getByRole('menuitem', { name: item }).click();
      const file = await download;
      return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
    }
    const csv = await take('As CSV');
    expect(csv.name).toMatch(/^latchkey-sessions-env_\w+\.csv$/);
    expect(csv.text.trim().split('\n')).toHaveLength(2);
    expect(csv.text).toContain(session.sessionId);

    await page.getByRole('link', { name: 'Events' }).click();
    await page.getByLabel('Type').selectOption('session.started');
    const { name, text } = await take('As JSON Lines');
    expect(name).toMatch(/^latchkey-logs-env_\w+\.jsonl$/);
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ type }) => type)).toEqual(['session.started', 'session.started']);
  });

  test('can be filled with sample data by those alone whom the server lets', async () => {
    const { project, pathOf } = await openProject();
    for (const role of ['VIEWER', 'DEVELOPER'] as const) {
      const member = await addMember(server.tools, project.workspaceId, role);
      const { page, visit } = await openVisitor(server, { as: member });
      await visit(pathOf('analytics'));
      await page.getByText('Numbers appear with the first session.').waitFor();
      const add = page.getByRole('button', { name: 'Add sample data' });
      expect(await add.count(), role).toBe(role === 'VIEWER' ? 0 : 1);
    }
  });

  test('is counted over days of one’s own once both are typed, without a trail of half-typed ones', async () => {
    const { page, start, visit, pathOf } = await openProject();
    await start();
    await visit(pathOf('analytics'));
    await page.getByRole('button', { name: 'Custom' }).click();
    const first = page.getByLabel('First day');
    await first.waitFor();
    const length = await page.evaluate(() => history.length);
    const asked: string[] = [];
    page.on('request', (request) => void asked.push(request.postData() ?? ''));
    const to = await page.getByLabel('Last day').inputValue();
    const year = to.slice(0, 4);
    await first.focus();
    await page.keyboard.type(`0101${year}`);
    await expect.poll(() => page.url()).toContain(`from=${year}-01-01&to=${to}`);
    expect(await first.inputValue()).toBe(`${year}-01-01`);
    const days = page.getByRole('table', { name: 'Sessions by day' }).getByRole('row');
    await expect.poll(() => days.count()).toBeGreaterThan(30);
    expect(await page.evaluate(() => history.length)).toBe(length);
    expect(asked.filter((body) => /"from":"0/.test(body))).toEqual([]);

    await first.fill(`${Number(year) - 3}-01-01`);
    await page.getByText('1 to 366 days from the first.').waitFor();
    expect(page.url()).toContain(`from=${year}-01-01`);
    await page.goBack();
    await first.waitFor({ state: 'detached' });
  });

  test('is counted: sample data where there is nothing, and what others do as they do it', async () => {
    const { page, visit, start, pathOf } = await openProject();
    await visit(pathOf('analytics'));
    await page.getByRole('button', { name: 'Add sample data' }).click();
    await page.getByRole('figure', { name: 'Sessions by day' }).waitFor();
    const totals = page.getByRole('region', { name: 'Totals' });
    const count = async () =>
      Number((await totals.locator('dd').first().textContent())?.replaceAll(',', ''));

    await page.getByRole('button', { name: '7 days' }).click();
    await page.getByLabel('Time zone').selectOption('Asia/Tokyo');
    await expect.poll(() => page.url()).toContain('zone=Asia%2FTokyo');
    await page.reload();
    await settle(page);
    const week = page.getByRole('button', { name: '7 days' });
    expect(await week.getAttribute('aria-pressed')).toBe('true');
    expect(await page.getByLabel('Time zone').inputValue()).toBe('Asia/Tokyo');
    const days = page.getByRole('table', { name: 'Sessions by day' }).getByRole('row');
    await expect.poll(() => days.count()).toBe(8);

    await page.getByText('Live', { exact: true }).waitFor();
    const before = await count();
    await start();
    await expect.poll(count, { timeout: 10_000 }).toBe(before + 1);

    const slider = page.getByRole('slider', { name: 'Sessions by day: day' });
    await slider.focus();
    const last = await slider.getAttribute('aria-valuetext');
    await page.keyboard.press('ArrowLeft');
    expect(await slider.getAttribute('aria-valuetext')).not.toBe(last);
  });
});
