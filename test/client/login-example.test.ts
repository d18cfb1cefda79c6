/** docs/examples/login.html, served as an integrator would: from an origin of its own. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import {
  describeInBrowser,
  expectAccessible,
  openVisitor,
  startDashboard,
} from '../support/browser.ts';
import { createTestProject } from '../support/projects.ts';

describeInBrowser('the example of a login page', async () => {
  const server = await startDashboard();
  const project = await createTestProject(server.tools);
  const example = (await readFile('docs/examples/login.html', 'utf8'))
    .replace("'http://localhost:4000'", JSON.stringify(server.url))
    .replace("'pk_test_…'", JSON.stringify(project.development.publishableValue));
  const pages = createServer((request, response) => {
    response.writeHead(request.url === '/' ? 200 : 204, { 'content-type': 'text/html' });
    response.end(request.url === '/' ? example : '');
  });
  await new Promise<void>((done) => pages.listen(0, '127.0.0.1', done));
  afterAll(() => void pages.close());
  const url = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;

  async function openExample() {
    const visitor = await openVisitor(server, { expectErrors: /ERR_FAILED/ });
    const { page } = visitor;
    const looks: string[] = [];
    page.on('request', (request) => {
      if (/query Look/.test(request.postData() ?? '')) looks.push(request.url());
    });
    return { ...visitor, looks };
  }

  test('signs somebody in who confirms on another page, and shows the claims', async () => {
    const { page, context, looks } = await openExample();
    await page.goto(url);
    const qr = page.getByRole('img', { name: 'QR code to scan with your phone' });
    await expect
      .poll(() => qr.evaluate((image: HTMLImageElement) => image.naturalWidth))
      .toBeGreaterThan(0);
    await expectAccessible(page);

    const code = (await page.locator('#code').textContent()) ?? '';
    const [phone] = await Promise.all([
      context.waitForEvent('page'),
      page.getByRole('link', { name: 'Or confirm on this device' }).click(),
    ]);
    await phone.getByText(code, { exact: true }).waitFor();
    await phone.getByRole('button', { name: 'Confirm', exact: true }).click();
    await page.getByText('Welcome, Test User.').waitFor();
    const claims = JSON.parse((await page.locator('#claims').textContent()) ?? '');
    expect(claims).toMatchObject({ sub: 'test:test-user', aud: project.development.id });
    expect(looks).toEqual([]);
    await expectAccessible(page);
  });

  test('looks from time to time where no event stream gets through', async () => {
    const { page, looks } = await openExample();
    await page.route('**/graphql', (route) =>
      route.request().headers().accept === 'text/event-stream' ? route.abort() : route.fallback(),
    );
    await page.goto(url);
    const link = page.getByRole('link', { name: 'Or confirm on this device' });
    const linkToken = ((await link.getAttribute('href')) ?? '').split('/').at(-1);
    await server.graphql(
      'mutation ($input: ConfirmSessionInput!) { confirmSession(input: $input) { __typename } }',
      { input: { linkToken, subject: { id: 'ada' } } },
    );
    await page.getByText('Welcome, ada.').waitFor();
    expect(looks.length).toBeGreaterThan(0);
  });

  test('says that nobody was signed in, and starts again', async () => {
    const { page } = await openExample();
    await page.goto(url);
    const link = page.getByRole('link', { name: 'Or confirm on this device' });
    const before = await link.getAttribute('href');
    await server.graphql(
      'mutation ($input: CancelSessionInput!) { cancelSession(input: $input) { __typename } }',
      { input: { linkToken: before?.split('/').at(-1) } },
    );
    await page.getByText('Nobody was signed in: the session is CANCELLED.').waitFor();
    await page.getByRole('button', { name: 'Start again' }).click();
    await expect.poll(() => link.getAttribute('href')).not.toBe(before);
  });
});
