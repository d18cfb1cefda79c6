import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { probeSchema, seen } from '../support/probe-schema.ts';
import { startTestServer } from '../support/server.ts';

const server = await startTestServer({ schema: probeSchema });
const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

test('a browser gets GraphiQL in one page, whose policy allows its own scripts and no others', async () => {
  const { status, headers, text } = await server.send('/graphql', { headers: browser });
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
  const policy = headers.get('content-security-policy')!;
  const scripts = [...text.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/g)];
  expect(scripts).toHaveLength(1);
  for (const [, attributes, script] of scripts) {
    expect(attributes).toBe('');
    const hash = createHash('sha256').update(script!).digest('base64');
    expect(policy).toContain(`script-src 'sha256-${hash}';`);
  }
  expect(policy).toContain("default-src 'none';");
  expect(policy).toContain("connect-src 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/https?:|unsafe-eval|script-src[^;]*unsafe/);
  expect(text).not.toMatch(/<(script|link|img)[^>]+(src|href)="https?:/);
});

test('the page is packed for who can unpack it, and not sent again to who has it', async () => {
  const first = await server.send('/graphql', { headers: browser });
  expect(first.headers.get('content-encoding')).toBe('gzip');
  const headers = { ...browser, 'if-none-match': first.headers.get('etag')! };
  expect(await server.send('/graphql', { headers })).toMatchObject({ status: 304, text: '' });
  const plain = { ...browser, 'accept-encoding': 'identity' };
  const whole = await server.send('/graphql', { headers: plain });
  expect(whole.headers.has('content-encoding')).toBe(false);
  expect(whole.text).toBe(first.text);
});

test('opening the page with a cookie and a query executes nothing', async () => {
  seen.executed = 0;
  const headers = { ...browser, cookie: 'latchkey=junk', 'sec-fetch-site': 'cross-site' };
  const reply = await server.send('/graphql?query=%7Bhello%7D', { headers });
  expect(reply.status).toBe(200);
  expect(reply.headers.has('set-cookie')).toBe(false);
  expect(seen.executed).toBe(0);
});
