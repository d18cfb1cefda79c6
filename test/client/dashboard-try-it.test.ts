/** "Try it": a first sign-in from both sides, by somebody who has read nothing. */
import { readFile } from 'node:fs/promises';
import { buildSchema, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { trialSteps } from '../../client/components/try-it-steps.ts';
import { password } from '../support/accounts.ts';
import {
  describeInBrowser,
  expectAccessible,
  openVisitor,
  startDashboard,
} from '../support/browser.ts';
import { createTestProject } from '../support/projects.ts';

test('every operation that is shown fits the schema', async () => {
  const schema = buildSchema(await readFile('schema/schema.graphql', 'utf8'));
  const facts = {
    origin: 'http://x',
    environmentId: 'env_1',
    publishableKey: null,
    session: null,
    subject: null,
  };
  for (const { query } of trialSteps(facts)) expect(validate(schema, parse(query))).toEqual([]);
});

describeInBrowser('a new user', async () => {
  const server = await startDashboard();

  test('reaches a first confirmed session from nothing, and sees what happened', async () => {
    const { page, visit } = await openVisitor(server);
    await visit('/sign-up');
    await page.getByLabel('Name').fill('Ada Lovelace');
    await page.getByLabel('Email').fill('ada@example.com');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('button', { name: 'Create project' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Shop');
    await dialog.getByRole('button', { name: 'Create project' }).click();
    await dialog.getByRole('button', { name: 'Copy the .env block' }).click();
    await dialog.getByRole('button', { name: 'Try it' }).click();

    await page.getByRole('heading', { name: 'Try it', level: 1 }).waitFor();
    const counts = page.getByRole('region', { name: 'Live counts' });
    await page.getByRole('button', { name: 'Start a session' }).click();
    await page.getByRole('img', { name: 'QR code to confirm with' }).waitFor();
    await expect.poll(() => counts.textContent()).toContain('Pending now1');
    await page.getByRole('heading', { name: 'Sign in to Shop?' }).waitFor();
    await page.getByRole('button', { name: 'Confirm', exact: true }).click();
    await page.getByRole('button', { name: 'Exchange for the proof' }).click();
    await page.getByRole('heading', { name: 'Welcome, Test User' }).waitFor();

    const claims = page.getByRole('figure', { name: 'the claims' });
    await expect.poll(() => claims.textContent()).toContain('"sub": "test:test-user"');
    await expect.poll(() => counts.textContent()).toContain('Used today1');
    const timeline = page.getByRole('list', { name: 'Timeline' });
    await expect
      .poll(() => timeline.getByRole('listitem').locator('code').allTextContents())
      .toEqual(['session.started', 'session.confirmed', 'session.used']);
    await expectAccessible(page);
  });

  test('copies an operation that runs, with the ids of the session before their eyes', async () => {
    const project = await createTestProject(server.tools);
    const { page, visit } = await openVisitor(server, { as: project.owner });
    await visit(`/projects/${project.id}/try`);
    await page.getByRole('button', { name: 'Start a session' }).click();
    await page.getByRole('img', { name: 'QR code to confirm with' }).waitFor();
    await page.getByRole('tab', { name: '3. Look' }).click();
    await page.getByRole('tab', { name: 'curl' }).click();
    await page.getByRole('button', { name: 'Copy the command' }).click();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    const body = /-d '(.*)'$/s.exec(command)?.[1] ?? '';
    const { query, variables } = JSON.parse(body);
    expect((await server.graphql(query, variables)).sessionToConfirm).toMatchObject({
      status: 'PENDING',
      projectName: 'Shop',
    });
    // By keyboard too.
    await page.getByRole('tab', { name: '3. Look' }).focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await expect
      .poll(() => page.getByRole('figure', { name: 'the command' }).textContent())
      .toContain(project.development.publishableValue);
  });

  test('deletes a key and sees its socket fall', async () => {
    const project = await createTestProject(server.tools);
    const { page, visit } = await openVisitor(server, { as: project.owner });
    await visit(`/projects/${project.id}/try`);
    await page.getByRole('button', { name: 'Create a key and connect' }).click();
    const events = page.getByRole('list', { name: 'What happened to the key' });
    await events.getByText('Counts came over the socket: 0 pending.').waitFor();
    await page.getByRole('button', { name: 'Delete this key' }).click();
    await events.getByText('The connection was closed: 4403 DELETED.').waitFor();
    expect(
      await server.db.apiKey.count({ where: { environment: { projectId: project.id } } }),
    ).toBe(3);
  });
});
