/** API keys in the dashboard: made, rotated, refused and deleted. */
import { expect, test } from 'vitest';
import { describeInBrowser, openVisitor, settle, startDashboard } from '../support/browser.ts';
import { createTestProject } from '../support/projects.ts';

describeInBrowser('a key', async () => {
  const server = await startDashboard();

  /** Whether a secret still starts sessions; otherwise why not. */
  async function use(secret: string): Promise<string> {
    const query = 'mutation { startSession(input: {}) { __typename } }';
    const { json } = await server.post(query, {}, { headers: { 'x-api-key': secret } });
    return json.errors?.[0]?.extensions.reason ?? json.data.startSession.__typename;
  }

  async function openKeys() {
    const project = await createTestProject(server.tools);
    const visitor = await openVisitor(server, { as: project.owner });
    await visitor.visit(`/projects/${project.id}/keys`);
    return { project, ...visitor };
  }

  test('is added, shown once, and its row is marked', async () => {
    const { page } = await openKeys();
    await page.getByRole('button', { name: 'Add key to secret keys' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Checkout server');
    await dialog.getByLabel('Expires').selectOption('90');
    await dialog.getByRole('button', { name: 'Add key' }).click();
    await dialog.getByText('Shown only now. If it is lost, regenerate it.').waitFor();
    await dialog.getByRole('button', { name: 'Copy secret key' }).click();
    const secret = await page.evaluate(() => navigator.clipboard.readText());
    await dialog.getByRole('button', { name: 'Done' }).click();
    const row = page.getByRole('row', { name: /Checkout server/ });
    await row.getByText('In 3 months').waitFor();
    expect(await row.getAttribute('class')).toMatch(/highlighted/);
    expect(await use(secret)).toBe('StartSessionPayload');
    expect(await page.content()).not.toContain(secret);
  });

  test('is rotated: the old secret works until it is finished, and the page says who uses it', async () => {
    const { page, project } = await openKeys();
    const old = project.production.secret;
    await page.getByRole('button', { name: 'Actions for Secret key' }).click();
    await page.getByRole('menuitem', { name: 'Regenerate…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('radio', { name: /In 24 hours/ }).check();
    await dialog.getByRole('button', { name: 'Regenerate' }).click();
    await dialog.getByRole('button', { name: 'Copy secret key' }).click();
    const fresh = await page.evaluate(() => navigator.clipboard.readText());
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByText('Nobody has used it since, so it can go.').waitFor();
    expect(await Promise.all([use(old), use(fresh)])).toEqual([
      'StartSessionPayload',
      'StartSessionPayload',
    ]);
    await server.tools.apiKeyUsage.flush(true);
    await page.reload();
    await page.getByText('It was used 1 times since').waitFor();

    await page.getByRole('button', { name: 'Finish now' }).click();
    await page.getByText('The old secret of Secret key is refused from now on.').waitFor();
    expect(await Promise.all([use(old), use(fresh)])).toEqual([
      'ROTATED_OUT',
      'StartSessionPayload',
    ]);
  });

  test('is switched off, watched, and deleted by its name', async () => {
    const { page, project } = await openKeys();
    const { secret } = project.production;
    const menu = page.getByRole('button', { name: 'Actions for Secret key' });
    await menu.click();
    await page.getByRole('menuitem', { name: 'Delete…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('No connection that it opened is open now.').waitFor();
    await dialog.getByRole('button', { name: 'Deactivate instead' }).click();
    const row = page.getByRole('row', { name: /Secret key/ });
    await row.getByText('Inactive').waitFor();
    expect(await use(secret)).toBe('INACTIVE');
    await server.tools.refusals.flush();
    await page.reload();
    await settle(page);
    await row.getByRole('button', { name: /1 refused attempts/ }).click();
    await dialog.getByRole('row', { name: /Switched off 1/ }).waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });

    await menu.click();
    await page.getByRole('menuitem', { name: 'Delete…' }).click();
    const confirm = dialog.getByRole('button', { name: 'Confirm delete' });
    expect(await confirm.isDisabled()).toBe(true);
    await dialog.getByLabel('Type Secret key to confirm').fill('Secret key');
    await confirm.click();
    await page.getByText('No secret key').waitFor();
    expect(await use(secret)).toBe('DELETED');
  });

  test('belongs to the environment that is chosen, which stands in the address', async () => {
    const { page, project } = await openKeys();
    await page.getByRole('button', { name: 'Environment: Production' }).click();
    await page.getByRole('menuitemradio', { name: 'Development' }).click();
    await page.getByText('No secret key').waitFor();
    expect(page.url()).toContain(`environment=${project.development.id}`);
    const text = (await page.getByText(/^curl http/).textContent()) ?? '';
    expect(text).toContain(project.development.publishableValue);
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByRole('button', { name: 'Environment: Development' }).waitFor();
    await page.goBack();
    await page.goBack();
    await page.getByRole('button', { name: 'Environment: Production' }).waitFor();
  });

  test('that is older than 180 days is said to be', async () => {
    const { page, project } = await openKeys();
    expect(await page.getByText('over 180 days old').count()).toBe(0);
    const createdAt = new Date(Date.now() - 181 * 86_400_000);
    await server.db.apiKey.updateMany({
      where: { environmentId: project.production.id, type: 'SECRET' },
      data: { createdAt },
    });
    await page.reload();
    await page.getByText('over 180 days old').waitFor();
  });
});
