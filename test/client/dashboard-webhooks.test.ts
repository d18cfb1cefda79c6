/** Webhooks in the dashboard: an endpoint made, tested, looked into, switched and removed. */
import { expect, test } from 'vitest';
import { webhookEventTypes } from '../../server/domain/webhooks/events.ts';
import { describeInBrowser, openVisitor, settle, startDashboard } from '../support/browser.ts';
import { addMember } from '../support/people.ts';
import { createTestProject } from '../support/projects.ts';
import { startReceiver, startTestDelivery, verify } from '../support/webhooks.ts';

describeInBrowser('a webhook endpoint', async () => {
  const server = await startDashboard();
  startTestDelivery(server.tools);

  async function openWebhooks() {
    const project = await createTestProject(server.tools);
    const visitor = await openVisitor(server, { as: project.owner });
    await visitor.visit(`/projects/${project.id}/webhooks`);
    const dialog = visitor.page.getByRole('dialog');
    const choose = async (item: string) => {
      await visitor.page.getByRole('button', { name: /^Actions for http/ }).click();
      await visitor.page.getByRole('menuitem', { name: item }).click();
    };
    /** @returns the secret that was shown */
    const add = async (url: string) => {
      await visitor.page.getByRole('button', { name: 'Add endpoint' }).click();
      await dialog.getByLabel('URL').fill(url);
      await dialog.getByRole('button', { name: 'Add endpoint' }).click();
      const secret = await copySecret();
      await dialog.getByRole('button', { name: 'Done' }).click();
      return secret;
    };
    const copySecret = async () => {
      await dialog.getByRole('button', { name: 'Copy signing secret' }).click();
      return visitor.page.evaluate(() => navigator.clipboard.readText());
    };
    return { project, dialog, choose, add, copySecret, ...visitor };
  }

  test('is added, sent a test, and the delivery appears as delivered with all that went over the wire', async () => {
    const receiver = await startReceiver((_, response) => response.end('thank you'));
    const { page, dialog, add } = await openWebhooks();
    await page.getByText('No endpoint yet').waitFor();
    await page.getByRole('button', { name: 'Add endpoint' }).click();
    for (const type of Object.keys(webhookEventTypes)) {
      await dialog.getByRole('checkbox', { name: type, checked: true }).waitFor();
    }
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    const secret = await add(receiver.url);

    await page
      .getByRole('row', { name: /Nothing sent yet/ })
      .getByText('Never')
      .waitFor();
    await page.getByRole('link', { name: receiver.url }).click();
    await page.getByText('Nothing was sent yet').waitFor();
    await page.getByRole('button', { name: 'Send test' }).click();
    const row = page.getByRole('row', { name: /webhook\.test/ });
    await row.getByText('Delivered').waitFor();
    await page.getByText('Working').waitFor();
    const [message] = await receiver.got(1);
    expect(verify(secret, message!)).toMatchObject({ type: 'webhook.test' });

    await row.getByRole('link').click();
    expect(page.url()).toContain('delivery=dlv_');
    await dialog.getByText('thank you').waitFor();
    await dialog.getByText(`webhook-id: ${message!.id}`).waitFor();
    await dialog.getByText('"type": "webhook.test"').waitFor();
    await dialog.getByRole('button', { name: 'Redeliver' }).click();
    await expect.poll(() => dialog.getByRole('group').count(), { timeout: 10_000 }).toBe(2);
    expect((await receiver.got(2))[1]).toMatchObject({ id: message!.id });
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(page.url()).not.toContain('delivery=');
  }, 60_000);

  test('has its deliveries by status in the address, and its secret for who asks and is logged', async () => {
    const receiver = await startReceiver();
    const { page, dialog, add, choose, copySecret } = await openWebhooks();
    const secret = await add(receiver.url);
    await choose('Send test');
    await page.getByRole('link', { name: receiver.url }).click();
    const row = page.getByRole('row', { name: /webhook\.test/ });
    await row.waitFor();
    await page.getByLabel('Status').selectOption('Failed');
    await page.getByText('No delivery stands so').waitFor();
    expect(page.url()).toContain('status=FAILED');
    await page.reload();
    await settle(page);
    await page.getByRole('button', { name: 'Show all' }).click();
    await row.waitFor();

    await choose('Reveal secret…');
    await dialog.getByText('The log will say that you looked').waitFor();
    expect(await server.db.logEntry.count({ where: { type: 'webhook.revealed' } })).toBe(0);
    await dialog.getByRole('button', { name: 'Reveal secret' }).click();
    expect(await copySecret()).toBe(secret);
    expect(await server.db.logEntry.count({ where: { type: 'webhook.revealed' } })).toBe(1);
    await dialog.getByRole('button', { name: 'Done' }).click();
    expect(await page.content()).not.toContain(secret);
  });

  test('gets a new secret beside the old one', async () => {
    const receiver = await startReceiver();
    const { page, dialog, add, choose, copySecret } = await openWebhooks();
    const old = await add(receiver.url);
    await choose('Regenerate secret…');
    await dialog.getByRole('radio', { name: /In 1 hour/ }).check();
    await dialog.getByRole('button', { name: 'Regenerate' }).click();
    const fresh = await copySecret();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await choose('Send test');
    const [message] = await receiver.got(1);
    for (const secret of [old, fresh]) verify(secret, message!);
    await page.getByRole('link', { name: receiver.url }).click();
    await page.getByText(/^The old one signs too; ends in (60 minutes|1 hour)$/).waitFor();
  });

  test('that somebody changed meanwhile is switched off only once that was seen, and then deleted', async () => {
    const { page, project, dialog, add, choose } = await openWebhooks();
    const receiver = await startReceiver();
    await add(receiver.url);
    await choose('Switch off…');
    const { id } = await server.db.webhookEndpoint.findFirstOrThrow({
      where: { environmentId: project.production.id },
    });
    const other = await addMember(server.tools, project.workspaceId, 'ADMIN');
    const update = `mutation ($input: UpdateWebhookEndpointInput!) {
      updateWebhookEndpoint(input: $input) { __typename } }`;
    const input = { id, version: 1, eventTypes: ['session.used'] };
    await server.graphql(update, { input }, { cookie: other.token });
    await dialog.getByRole('button', { name: 'Switch off' }).click();
    const notice = dialog.getByRole('alert');
    await expect.poll(() => notice.textContent()).toContain('changed this just now.');
    expect(await notice.textContent()).toContain(other.email);
    await notice.getByRole('button', { name: 'Reload' }).click();
    await dialog.getByRole('button', { name: 'Switch off' }).click();
    await page.getByText('Switched off').first().waitFor();

    await choose('Delete…');
    await server.graphql(update, { input: { ...input, version: 3 } }, { cookie: other.token });
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await expect.poll(() => notice.textContent()).toContain(other.email);
    expect(await server.db.webhookEndpoint.count({ where: { id } })).toBe(1);
    await notice.getByRole('button', { name: 'Reload' }).click();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('No endpoint yet').waitFor();
    expect(await server.db.webhookEndpoint.count({ where: { id } })).toBe(0);
  }, 60_000);

  test('may be looked at and not managed by a viewer, who is told why', async () => {
    const { page, project, add } = await openWebhooks();
    const receiver = await startReceiver();
    await add(receiver.url);
    await page.context().clearCookies();
    const viewer = await addMember(server.tools, project.workspaceId, 'VIEWER');
    const { page: theirs, visit } = await openVisitor(server, { as: viewer });
    await visit(`/projects/${project.id}/webhooks`);
    await theirs.getByText('Webhooks of production take the role Admin or higher.').waitFor();
    expect(await theirs.getByRole('button', { name: 'Add endpoint' }).isDisabled()).toBe(true);
    await theirs.getByRole('link', { name: receiver.url }).click();
    await theirs.getByText('Nothing was sent yet').waitFor();
    expect(await theirs.getByRole('button', { name: 'Send test' }).isDisabled()).toBe(true);
  });

  test('is added, changed and removed as the webhook URL of the settings', async () => {
    const { page, project, visit } = await openWebhooks();
    const urlOf = async () =>
      (
        await server.db.webhookEndpoint.findFirst({
          where: { environmentId: project.production.id },
        })
      )?.url;
    const save = async () => {
      await page.getByRole('button', { name: 'Save' }).click();
      await page.locator('button[type=submit][disabled]').first().waitFor();
    };
    await visit(`/projects/${project.id}/settings`);
    const field = page.getByLabel('Webhook URL');
    await field.fill('ftp://example.com/');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => field.getAttribute('aria-invalid')).toBe('true');
    for (const url of ['https://example.com/first', 'https://example.com/second']) {
      await field.fill(url);
      await save();
      expect(await urlOf()).toBe(url);
    }
    await page.getByRole('button', { name: 'Remove webhook URL' }).click();
    await page.getByText(/^Saving deletes the endpoint/).waitFor();
    await save();
    expect(await urlOf()).toBeUndefined();
    await expect.poll(() => field.inputValue()).toBe('');
  });
});
