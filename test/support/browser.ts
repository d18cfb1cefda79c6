/**
 * Real Chromium on the real server. A test fails when a page of it prints an error or breaks the
 * server's policy, unless the test says that it will.
 */
import axe from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, describe, expect, onTestFinished } from 'vitest';
import { findClient } from '../../server/http/static.ts';
import { type SignedUp, signUpSomebody } from './accounts.ts';
import { findChromium, launchChromium } from './chromium.ts';
import { startTestServer, type TestServer, type TestServerOptions } from './server.ts';

const found = await findChromium();

/** A describe that is skipped, with the reason printed, where no browser can run. */
export const describeInBrowser = found.reason === null ? describe : describe.skip;
if (found.reason !== null) {
  process.stdout.write(`Skipping the browser tests: ${found.reason}\n`);
}

let launched: Promise<Browser> | undefined;
afterAll(async () => (await launched)?.close());

/** A whole server with the dashboard. */
export async function startDashboard(options: TestServerOptions = {}): Promise<TestServer> {
  const clientFolder = findClient();
  if (!clientFolder) throw new Error('The dashboard is not built: run `npm run build`.');
  return startTestServer({ ...options, clientFolder });
}

export interface VisitorOptions {
  /** Who is signed in; nobody if left out. */
  as?: Pick<SignedUp, 'token'>;
  theme?: 'light' | 'dark';
  width?: number;
  /** Messages of the console that the test provokes. */
  expectErrors?: RegExp;
}

export interface Visitor {
  page: Page;
  context: BrowserContext;
  /** Goes to a path of the server and waits until it is there. */
  visit(path: string): Promise<void>;
}

/** Somebody with a browser of their own. Gone after the test. */
export async function openVisitor(
  { url }: Pick<TestServer, 'url'>,
  { as: person, theme = 'light', width = 1280, expectErrors }: VisitorOptions = {},
): Promise<Visitor> {
  launched ??= launchChromium(found);
  const browser = await launched;
  const context = await browser.newContext({
    baseURL: url,
    colorScheme: theme,
    viewport: { width, height: 900 },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  if (person) await context.addCookies([signInCookie(url, person.token)]);
  context.setDefaultTimeout(10_000);
  const errors: string[] = [];
  context.on('weberror', (error) => void errors.push(String(error.error())));
  context.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return;
    if (!expectErrors?.test(message.text())) errors.push(message.text());
  });
  onTestFinished(async () => {
    await context.close();
    expect(errors, 'what the page printed').toEqual([]);
  });
  const page = await context.newPage();
  return {
    page,
    context,
    async visit(path) {
      await page.goto(path);
      await settle(page);
    },
  };
}

export function signInCookie(url: string, value: string) {
  return { name: 'latchkey', value, url, httpOnly: true };
}

/** Somebody new with a browser of their own. */
export async function openNewUser(server: TestServer, options: VisitorOptions = {}) {
  const person = await signUpSomebody(server.tools);
  return { person, ...(await openVisitor(server, { ...options, as: person })) };
}

/** Waits until a page stands and nothing of it is loading. */
export async function settle(page: Page): Promise<void> {
  await page.waitForFunction(
    () =>
      document.querySelector('h1') !== null &&
      document.querySelector('[role="status"][aria-label="Loading"]') === null,
  );
  await page.evaluate(() => document.fonts.ready);
}

const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Fails with what axe finds against WCAG 2.2 AA on the page as it is. */
export async function expectAccessible(page: Page, where = page.url()): Promise<void> {
  // As an expression, which the debugger runs: the policy allows no script element with it.
  await page.evaluate(`typeof axe === 'undefined' && void (() => { ${axe.source} })()`);
  const violations = await page.evaluate(async (values) => {
    const { axe: check } = window as unknown as { axe: typeof axe };
    // An open menu belongs to its button, wherever it stands; a landmark would only be in the way.
    const region = { enabled: document.querySelector('[role="menu"]') === null };
    const runOnly = { type: 'tag' as const, values };
    const results = await check.run(document, { runOnly, rules: { region } });
    return results.violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`),
    }));
  }, standards);
  expect(violations, `axe at ${where}`).toEqual([]);
}
