/** The dashboard when a read fails: what is known stays, and so does what somebody is in the midst of. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { createProject } from '../../server/domain/projects/create.ts';
import {
  describeInBrowser,
  expectAccessible,
  openNewUser,
  openVisitor,
  startDashboard,
} from '../support/browser.ts';
import { callAs } from '../support/call.ts';
import { ownWorkspace, setRole } from '../support/people.ts';
import { createTestProject } from '../support/projects.ts';

/** Answers 503 to operations whose request contains the text, until it is another. */
async function failingAt(page: Page) {
  let text: string | null = null;
  const failed: string[] = [];
  await page.route('**/graphql', (route, request) => {
    const body = request.postData() ?? '';
    if (text === null || !body.includes(text)) return route.continue();
    failed.push(text);
    const message = 'The database does not answer right now.';
    const errors = [{ message, extensions: { code: 'UNAVAILABLE', requestId: 'req-17' } }];
    return route.fulfill({ status: 503, json: { errors } });
  });
  return {
    fail: (at: string | null) => {
      text = at;
    },
    failed,
  };
}

const expectErrors = /503/;

describeInBrowser('a page that cannot be read anew', async () => {
  const server = await startDashboard();

  test('keeps the secret that is shown only once', async () => {
    const project = await createTestProject(server.tools);
    const { page, visit } = await openVisitor(server, { as: project.owner, expectErrors });
    const broken = await failingAt(page);
    const dialog = page.getByRole('dialog');
    const cases = [
      [`/projects/${project.id}/keys`, 'Add key to secret keys', 'Add key', 'query Keys'],
      ['/account', 'Create token', 'Create token', 'query Account'],
    ] as const;
    for (const [path, open, submit, query] of cases) {
      await visit(path);
      await page.getByRole('button', { name: open }).click();
      await dialog.getByLabel('Name').fill('Checkout server');
      broken.fail(query);
      await dialog.getByRole('button', { name: submit }).click();
      await dialog.getByText(/^LATCHKEY_URL/).waitFor();
      await expect.poll(() => broken.failed).toContain(query);
      const notice = page.getByText('Not all of this is up to date');
      await notice.waitFor({ state: 'attached' });
      await dialog.getByText(/^LATCHKEY_URL/).waitFor();
      for (const copy of await dialog.getByRole('button', { name: /^Copy/ }).all())
        await copy.click();
      await dialog.getByRole('button', { name: 'Done' }).click();
      await dialog.waitFor({ state: 'detached' });
      await page.getByText('req-17').waitFor();
      await expectAccessible(page, query);
      broken.fail(null);
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByRole('cell', { name: 'Checkout server', exact: true }).waitFor();
      await expect.poll(() => notice.count()).toBe(0);
    }
  }, 60_000);

  test('keeps what is typed, and asks again when told to', async () => {
    const project = await createTestProject(server.tools);
    const { page, visit } = await openVisitor(server, { as: project.owner, expectErrors });
    const broken = await failingAt(page);
    await visit(`/projects/${project.id}/settings`);
    const name = page.getByLabel('Name', { exact: true }).first();
    await name.fill('Half typ');
    broken.fail('"query ');
    await page.getByRole('button', { name: 'Actions for Development' }).click();
    await page.getByRole('menuitem', { name: /default/ }).click();
    const notice = page.getByText('Not all of this is up to date');
    await notice.waitFor();
    expect(await name.inputValue()).toBe('Half typ');
    broken.fail(null);
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect.poll(() => notice.count()).toBe(0);
    expect(await name.inputValue()).toBe('Half typ');
  });

  test('says until it is dismissed what was not done', async () => {
    const project = await createTestProject(server.tools);
    const { page, visit } = await openVisitor(server, { as: project.owner, expectErrors });
    const broken = await failingAt(page);
    await visit(`/workspaces/${project.workspaceId}/projects`);
    await page.clock.install();
    broken.fail('mutation SwitchProject');
    await page.getByRole('button', { name: /^Actions for/ }).click();
    await page.getByRole('menuitem', { name: 'Deactivate' }).click();
    const toast = page.getByText(/^Not done: The database does not answer/);
    await toast.waitFor();
    await page.clock.fastForward(60_000);
    await page.getByText('req-17').waitFor();
    await expectAccessible(page, 'toast');
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await expect.poll(() => toast.count()).toBe(0);
  });

  test('keeps all pages of a list where one of them fails, and gives a sign of trying again', async () => {
    const { page, person, visit } = await openNewUser(server, { expectErrors });
    const call = callAs(server.tools, person.actor);
    for (let n = 1; n <= 110; n += 1) await createProject(call, { name: `Project ${n}` });
    const broken = await failingAt(page);
    await visit(`/workspaces/${ownWorkspace(person)}/projects`);
    const rows = () => page.getByRole('link', { name: /^Project \d+$/ }).count();
    const showMore = page.getByRole('button', { name: 'Show more' });
    await showMore.click();
    await expect.poll(rows).toBe(100);
    broken.fail('"after":"');
    await showMore.click();
    await page.getByText(/^More could not be read/).waitFor();
    expect(await rows()).toBe(100);
    broken.fail(null);
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect.poll(rows).toBe(110);
    // The button had the focus, and is not needed any more.
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    await expect.poll(focused).toBe('That is all.');

    broken.fail('"after":"');
    await page.getByRole('button', { name: 'Actions for Project 90', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Deactivate' }).click();
    await page.getByText(/^More could not be read/).waitFor();
    expect(await rows()).toBe(110);
    broken.fail(null);
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect.poll(() => page.getByText(/^More could not be read/).count()).toBe(0);
    expect(await rows()).toBe(110);
  }, 120_000);

  test('shows nothing of a log that may not be seen any more, and goes on once it may', async () => {
    const { page, person, visit } = await openNewUser(server);
    const workspaceId = ownWorkspace(person);
    await page.clock.install();
    for (const tab of ['sessions', 'events']) {
      await visit(`/workspaces/${workspaceId}/logs?tab=${tab}`);
      const tail = page.getByText('Read anew every ten seconds');
      await tail.waitFor();
      await setRole(server.tools, person.actor.id, workspaceId, null);
      await page.clock.fastForward(11_000);
      await page.getByText('There is nothing here, or you may not see it').waitFor();
      await setRole(server.tools, person.actor.id, workspaceId, 'OWNER');
      await page.clock.fastForward(11_000);
      await expect.poll(() => page.getByText('There is nothing here').count()).toBe(0);
    }
  });
});
