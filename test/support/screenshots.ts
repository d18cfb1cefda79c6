/**
 * Takes a picture of every page and state, in both themes and two widths, to look at:
 *
 *     node server/build.mjs && npx tsx test/support/screenshots.ts [folder] [names …]
 *
 * Without names all of dashboard-tour.ts; a name also stands for those that begin with it.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import { findChromium, launchChromium } from './chromium.ts';
import { type Ask, seedTour, type TourWorld } from './dashboard-seed.ts';
import { type Sight, sights } from './dashboard-tour.ts';

const [folder = join(tmpdir(), 'latchkey-screenshots'), ...names] = process.argv.slice(2);
const views = [
  { theme: 'light', width: 1280, height: 800 },
  { theme: 'dark', width: 1280, height: 800 },
  { theme: 'light', width: 390, height: 800 },
] as const;

const dataDir = await mkdtemp(join(tmpdir(), 'latchkey-pictures-'));
const server = spawn(process.execPath, ['dist/serve.js'], {
  env: { ...process.env, PORT: '0', HOST: '', PUBLIC_URL: '', DATABASE_URL: '', DATA_DIR: dataDir },
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  await mkdir(folder, { recursive: true });
  await takePictures(await readUrl());
  process.stdout.write(`Pictures are in ${resolve(folder)}\n`);
} finally {
  server.kill('SIGTERM');
  await new Promise((done) => server.once('exit', done));
  await rm(dataDir, { recursive: true, force: true });
}

async function readUrl(): Promise<string> {
  for await (const line of server.stdout) {
    const url = /ready at (http:\S+)/.exec(String(line))?.[1];
    if (!url) continue;
    server.stdout.resume();
    return url;
  }
  throw new Error('The server did not start.');
}

async function takePictures(url: string): Promise<void> {
  const ask: Ask = async (query, variables = {}, cookie) => {
    const { data, errors } = await (await post(url, query, variables, cookie)).json();
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  };
  const world = await seedTour(ask, async (input) => {
    const query = `mutation ($input: SignUpInput!) { signUp(input: $input) { __typename } }`;
    const { headers } = await post(url, query, { input });
    return /latchkey=([^;]+)/.exec(headers.get('set-cookie') ?? '')?.[1] ?? '';
  });
  const browser = await launchChromium(await findChromium());
  const wanted = sights.filter(
    ({ name }) => names.length === 0 || names.some((each) => name.startsWith(each)),
  );
  for (const sight of wanted) {
    for (const view of views) await takePicture(browser, { url, world, ask }, sight, view);
  }
  await browser.close();
}

function post(url: string, query: string, variables: object, cookie?: string) {
  return fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(cookie ? { cookie: `latchkey=${cookie}` } : {}),
    },
    body: JSON.stringify({ query, variables }),
  });
}

async function takePicture(
  browser: Browser,
  { url, world, ask }: { url: string; world: TourWorld; ask: Ask },
  { name, path, signedOut, act }: Sight,
  { theme, width, height }: (typeof views)[number],
): Promise<void> {
  const context = await browser.newContext({
    baseURL: url,
    colorScheme: theme,
    viewport: { width, height },
    reducedMotion: 'reduce',
    locale: 'en-GB',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  context.setDefaultTimeout(10_000);
  const file = join(folder, `${name}-${width === 390 ? 'narrow' : theme}.png`);
  context.on('console', (message) => {
    if (message.type() === 'error') process.stdout.write(`${name}: ${message.text()}\n`);
  });
  context.on('weberror', (error) => void process.stdout.write(`${name}: ${error.error()}\n`));
  try {
    if (!signedOut) {
      await context.addCookies([{ name: 'latchkey', value: world.token, url, httpOnly: true }]);
    }
    const page = await context.newPage();
    await page.goto(path(world));
    await page.locator('h1').waitFor();
    await page.waitForFunction(
      () => document.querySelector('[role="status"][aria-label="Loading"]') === null,
    );
    await act?.(page, { world, ask });
    await page.evaluate(() => document.fonts.ready);
    // What stands over a page stands in its window, not on its whole length.
    const isCovered = await page.locator('[role="dialog"], [role="menu"]').count();
    await page.screenshot({ path: file, fullPage: isCovered === 0 });
  } catch (error) {
    process.stdout.write(`${name}, ${theme}, ${width}: ${error}\n`);
    await context.pages()[0]?.screenshot({ path: file });
  } finally {
    await context.close();
  }
}
