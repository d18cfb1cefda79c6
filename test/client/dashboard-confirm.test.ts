/** The page behind a confirm URL, on a phone. */
import { expect, test } from 'vitest';
import {
  describeInBrowser,
  expectAccessible,
  openVisitor,
  startDashboard,
} from '../support/browser.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { passDeadline } from '../support/sessions.ts';

describeInBrowser('the confirm page', async () => {
  const server = await startDashboard();
  const project = await createTestProject(server.tools);
  const start = (input: object = {}, key = project.development.publishableValue) =>
    startWith(key, input);
  const openPhone = () => openVisitor(server, { width: 390 });

  async function startWith(key: string, input: object) {
    const query = `mutation ($input: StartSessionInput!) { startSession(input: $input) {
      ... on StartSessionPayload { session { sessionId } linkToken clientSecret confirmUrl userCode } } }`;
    const headers = { 'x-api-key': key };
    return (await server.graphql(query, { input }, { headers })).startSession;
  }

  async function statusOf({ session }: { session: { sessionId: string } }) {
    const where = { id: session.sessionId };
    return (await server.db.authSession.findUniqueOrThrow({ where })).status;
  }

  test('says who asks and from where, and changes nothing by being looked at', async () => {
    const started = await start();
    const { page, visit } = await openPhone();
    await visit(new URL(started.confirmUrl).pathname);
    await page.getByRole('heading', { name: 'Sign in to Shop?' }).waitFor();
    await page.getByText('This is a test in Development').waitFor();
    const code = started.userCode.replace(/^(.{4})/, '$1-');
    await page.getByText(code, { exact: true }).waitFor();
    await page.getByText(/^1?27\.0\.0\.1$|^::1$/).waitFor();
    await page.getByText('Open on another device').click();
    await expect
      .poll(() =>
        page
          .getByRole('img', { name: /^QR code/ })
          .evaluate((image: HTMLImageElement) => image.naturalWidth),
      )
      .toBeGreaterThan(0);
    expect(await statusOf(started)).toBe('PENDING');
    const buttons = await page.getByRole('button').all();
    for (const button of buttons) {
      expect((await button.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    }
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(390);
  });

  test('confirms, and then leads to where one came from, only by a press', async () => {
    const returnUrl = `${server.url}/health/live`;
    const started = await start({ returnUrl });
    const { page, visit } = await openPhone();
    await visit(new URL(started.confirmUrl).pathname);
    expect(await page.getByRole('link', { name: /^Go on/ }).count()).toBe(0);
    await page.getByLabel('Name').fill('Ada');
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByRole('heading', { name: 'Confirmed' }).waitFor();
    await page.getByText('This is a test in Development').waitFor();
    const link = page.getByRole('link', { name: `Go on to ${new URL(server.url).host}` });
    expect(await link.getAttribute('href')).toBe(returnUrl);
    expect(new URL(page.url()).pathname).toBe(new URL(started.confirmUrl).pathname);

    const exchange = `mutation ($input: ExchangeSessionInput!) { exchangeSession(input: $input) {
      ... on ExchangeSessionPayload { subject { provider id name } } } }`;
    const { exchangeSession } = await server.graphql(exchange, {
      input: { clientSecret: started.clientSecret },
    });
    expect(exchangeSession.subject).toEqual({ provider: 'test', id: 'test-user', name: 'Ada' });
    await page.getByRole('heading', { name: 'Signed in to Shop' }).waitFor();
  });

  test('cancels, and learns when somebody else does or nobody does in time', async () => {
    const [own, other, late] = [await start(), await start(), await start()];
    const { page, visit } = await openPhone();
    await visit(`/s/${own.linkToken}`);
    await page.getByRole('button', { name: 'Cancel sign-in' }).click();
    await page.getByRole('heading', { name: 'Cancelled' }).waitFor();
    expect(await statusOf(own)).toBe('CANCELLED');

    await visit(`/s/${other.linkToken}`);
    await server.graphql(
      'mutation ($input: CancelSessionInput!) { cancelSession(input: $input) { __typename } }',
      { input: { clientSecret: other.clientSecret } },
    );
    await page.getByRole('heading', { name: 'Cancelled' }).waitFor();

    await visit(`/s/${late.linkToken}`);
    await passDeadline(server.db, late.session.sessionId);
    await page.getByRole('heading', { name: 'This link has expired' }).waitFor();
    await expectAccessible(page);
  });

  test('takes the code in any writing, and counts the wrong ones', async () => {
    const strict = await createTestProject(server.tools);
    await requireUserCode(strict);
    const [right, wrong] = [
      await start({}, strict.development.publishableValue),
      await start({}, strict.development.publishableValue),
    ];
    const { page, visit } = await openPhone();
    await visit(`/s/${right.linkToken}`);
    expect(await page.getByText(right.userCode).count()).toBe(0);
    const code = right.userCode.toLowerCase();
    await page
      .getByLabel('Code on the other device')
      .fill(`${code.slice(0, 4)} – ${code.slice(4)} `);
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByRole('heading', { name: 'Confirmed' }).waitFor();

    await visit(`/s/${wrong.linkToken}`);
    await page.getByLabel('Code on the other device').fill('BCDFGHJK');
    for (const left of [
      '4 tries are left',
      '3 tries are left',
      '2 tries are left',
      '1 try is left',
    ]) {
      await page.getByRole('button', { name: 'Confirm' }).click();
      await page.getByText(left).waitFor();
    }
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByRole('heading', { name: 'Cancelled' }).waitFor();
  });

  test('in production leads back to the app, and does not look like a test', async () => {
    const started = await start({}, project.production.secret);
    const { page, visit } = await openPhone();
    await visit(`/s/${started.linkToken}`);
    await page.getByText('Open this link with the app that asked you to sign in.').waitFor();
    expect(await page.getByRole('button', { name: 'Confirm' }).count()).toBe(0);
    expect(await page.getByText('This is a test').count()).toBe(0);
    expect(await page.getByText('Unknown', { exact: true }).count()).toBe(2);
  });

  test('explains a link that opens nothing', async () => {
    const { page, visit } = await openPhone();
    await visit('/s/nothing');
    await page.getByRole('heading', { name: 'This link opens nothing' }).waitFor();
  });

  test('is the same for whoever is signed in to the dashboard, also when that has ended', async () => {
    const started = await start();
    const { page, visit } = await openVisitor(server, {
      as: { token: 'an ended one' },
      width: 390,
    });
    const cookies: (string | undefined)[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/graphql')) cookies.push(request.headers().cookie);
    });
    await visit(`/s/${started.linkToken}`);
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByRole('heading', { name: 'Confirmed' }).waitFor();
    expect(cookies.length).toBeGreaterThan(1);
    expect(cookies.filter(Boolean)).toEqual([]);
  });

  test('tells nobody its address, is kept by nobody and stands in no frame', async () => {
    const { linkToken } = await start();
    for (const path of [`/s/${linkToken}`, `/s/${linkToken}/qr.svg`]) {
      const { headers } = await fetch(`${server.url}${path}`);
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    }
  });

  async function requireUserCode({ id, owner }: TestProject) {
    const query =
      'mutation ($input: UpdateProjectInput!) { updateProject(input: $input) { __typename } }';
    const input = { id, version: 1, requireUserCode: true };
    await server.graphql(query, { input }, { cookie: owner.token });
  }
});
