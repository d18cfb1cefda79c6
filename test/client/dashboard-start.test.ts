/** Coming in, and the first project. */
import { expect, test } from 'vitest';
import { createPasswordReset } from '../../server/domain/accounts/create-password-reset.ts';
import { password, signUpSomebody } from '../support/accounts.ts';
import { describeInBrowser, openNewUser, openVisitor, startDashboard } from '../support/browser.ts';
import { ownWorkspace } from '../support/people.ts';

describeInBrowser('somebody', async () => {
  const server = await startDashboard();

  test('signs up, creates a project, stores its secret and opens it', async () => {
    const { page, visit } = await openVisitor(server);
    await visit('/');
    expect(new URL(page.url()).pathname).toBe('/sign-in');
    await page.getByRole('link', { name: 'Create an account' }).click();
    await page.getByLabel('Name').fill('Ada Lovelace');
    await page.getByLabel('Email').fill('ada@example.com');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Create account' }).click();

    await page.getByText('No projects yet').waitFor();
    await page.getByRole('button', { name: 'Create project' }).click();
    const dialog = page.getByRole('dialog');
    await expect
      .poll(() => dialog.textContent())
      .toContain('Production and Development come with it, so leave them out of the name.');
    await dialog.getByLabel('Name').fill('Shop');
    await dialog.getByRole('button', { name: 'Create project' }).click();
    await dialog.getByText('Shop is ready').waitFor();
    const env = (await dialog.locator('pre').textContent()) ?? '';
    expect(env).toMatch(
      /^LATCHKEY_URL=http:\S+\nLATCHKEY_PROJECT_ID=prj_\w+\nLATCHKEY_PUBLISHABLE_KEY=pk_live_\w+\nLATCHKEY_SECRET_KEY=sk_live_\w+\n$/,
    );

    // Leaving without storing asks; storing lets go.
    await page.keyboard.press('Escape');
    await dialog.getByText('You have not stored the secret key').waitFor();
    await dialog.getByRole('button', { name: 'Stay' }).click();
    const download = page.waitForEvent('download');
    await dialog.getByRole('button', { name: 'Download .env' }).click();
    expect((await download).suggestedFilename()).toBe('shop.env');
    await dialog.getByRole('button', { name: 'Copy the .env block' }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(env);
    await dialog.getByRole('button', { name: 'Open project' }).click();
    await page.getByRole('heading', { name: 'Shop', level: 1 }).waitFor();
    expect(await page.getByText(/sk_live_\w{43}/).count()).toBe(0);

    const secret = /SECRET_KEY=(\S+)/.exec(env)?.[1] ?? '';
    const start = 'mutation { startSession(input: {}) { __typename } }';
    const reply = await server.graphql(start, {}, { headers: { 'x-api-key': secret } });
    expect(reply.startSession.__typename).toBe('StartSessionPayload');
  });

  test('is told by the form what is wrong, and signs in and out', async () => {
    const { email } = await signUpSomebody(server.tools);
    const { page, visit } = await openVisitor(server);
    await visit('/account');
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password').fill('not this one');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Account', level: 1 }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/account');

    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in to Latchkey' }).waitFor();
    await visit('/account');
    expect(new URL(page.url()).pathname).toBe('/sign-in');
  });

  test('is not led elsewhere by a link to the form', async () => {
    const { email } = await signUpSomebody(server.tools);
    const { page, visit } = await openVisitor(server);
    await visit('/sign-in?next=//example.com/phish');
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Projects', level: 1 }).waitFor();
    expect(page.url().startsWith(server.url)).toBe(true);
  });

  test('whose sign-in ended elsewhere signs in again and is back where they were', async () => {
    const { person, page, visit } = await openNewUser(server, { expectErrors: /401/ });
    await visit('/account');
    await server.db.signIn.deleteMany({ where: { userId: person.actor.id } });
    await page.getByRole('link', { name: 'Projects' }).click();
    await page.getByLabel('Email').fill(person.email);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Projects', level: 1 }).waitFor();
  });

  test('sets a new password by the one-time link, which no server log sees', async () => {
    const { email } = await signUpSomebody(server.tools);
    const { url } = await createPasswordReset(server.tools, { email });
    const { page, visit } = await openVisitor(server);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await visit(url.replace(server.url, ''));
    const token = /token=(\S+)/.exec(url)?.[1] ?? '';
    expect(page.url()).not.toContain(token);
    await page.getByLabel('New password').fill('a better horse battery');
    await page.getByRole('button', { name: 'Set password' }).click();
    await page.getByText('Your password is set').waitFor();
    expect(asked.filter((each) => each.includes(token))).toEqual([]);
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password').fill('a better horse battery');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Projects', level: 1 }).waitFor();
  });

  test('invites somebody, who makes an account and is in the workspace', async () => {
    const owner = await openNewUser(server);
    await owner.visit(`/workspaces/${ownWorkspace(owner.person)}/settings`);
    await owner.page.getByRole('button', { name: 'Invite' }).click();
    const dialog = owner.page.getByRole('dialog');
    await dialog.getByLabel('Email').fill('grace@example.com');
    await dialog.getByRole('radio', { name: /^Admin/ }).check();
    await dialog.getByRole('button', { name: 'Create invitation' }).click();
    const link = dialog.getByText('/invitation#token=');
    const url = (await link.textContent()) ?? '';
    await dialog.getByRole('button', { name: 'Done' }).click();
    await owner.page.getByRole('cell', { name: 'grace@example.com', exact: true }).waitFor();

    const guest = await openVisitor(server);
    await guest.visit(url.replace(server.url, ''));
    await guest.page.getByLabel('Name').fill('Grace Hopper');
    await guest.page.getByLabel('Email').fill('grace@example.com');
    await guest.page.getByLabel('Password').fill(password);
    await guest.page.getByRole('button', { name: 'Create account' }).click();
    await guest.page.getByRole('heading', { name: 'Projects', level: 1 }).waitFor();

    await owner.page.reload();
    const row = owner.page.getByRole('row', { name: /Grace Hopper/ });
    await row.getByRole('button').click();
    await owner.page.getByRole('menuitemradio', { name: /^Viewer/ }).click();
    await row.getByText('Viewer').waitFor();
    await guest.page.reload();
    expect(await guest.page.getByRole('button', { name: 'Create project' }).isDisabled()).toBe(
      true,
    );
  });
});
