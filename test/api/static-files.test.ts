import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { patterns } from '../../client/paths.ts';
import { findClient, pagePath } from '../../server/http/static.ts';
import { probeSchema } from '../support/probe-schema.ts';
import { startTestServer } from '../support/server.ts';

const server = await startTestServer({ schema: probeSchema, clientFolder: findClient() });
const page = await server.send('/');
const script = /src="(\/assets\/index-[^"]+\.js)"/.exec(page.text)?.[1] ?? '';

/** The bytes as they come, whatever they are packed in. */
async function fetchRaw(path: string, encoding: string) {
  const { request } = await import('node:http');
  return new Promise<{ encoding: string | undefined; bytes: Buffer }>((resolve, reject) => {
    request(`${server.url}${path}`, { headers: { 'accept-encoding': encoding } }, async (reply) => {
      const chunks: Buffer[] = [];
      for await (const chunk of reply) chunks.push(chunk as Buffer);
      resolve({ encoding: reply.headers['content-encoding'], bytes: Buffer.concat(chunks) });
    })
      .on('error', reject)
      .end();
  });
}

describe('the page', () => {
  test('is kept by nobody, framed by nobody, and runs nothing that is written into it', async () => {
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.has('etag')).toBe(false);
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(page.text).not.toMatch(/<script>|<style|style="|\son\w+="|https?:\/\//);
  });

  test('stands at every address of the dashboard', async () => {
    for (const pattern of Object.values(patterns)) {
      const path = pattern.replace(/:(\w+)/g, 'x_01h2xcejqtf2nbrexx3vqjhp41');
      expect(path).toMatch(pagePath);
      const reply = await server.send(path);
      expect([path, reply.status, reply.text === page.text]).toEqual([path, 200, true]);
    }
  });

  test('stands nowhere else: unknown addresses and those of the API keep their 404', async () => {
    const elsewhere = [
      '/graphql/',
      '/index.html',
      '/health',
      '/.well-known/nothing',
      '/api/projects',
      '/s/short/qr.svg',
      '/assets/nothing.js',
      '/assets/../index.html',
      '/projects/..%2f',
      '/.vite/manifest.json',
      '/.stamp',
    ];
    for (const path of elsewhere) {
      const reply = await server.send(path);
      expect([path, reply.status, reply.json?.message]).toEqual([
        path,
        404,
        'There is nothing here.',
      ]);
    }
  });
});

describe('its files', () => {
  test('are kept for a year, for their names change with them', async () => {
    const { status, headers } = await server.send(script);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    const again = await server.send(script, {
      headers: { 'if-none-match': headers.get('etag') ?? '' },
    });
    expect(again).toMatchObject({ status: 304, text: '' });
  });

  test('come packed for who can unpack them', async () => {
    const plain = await fetchRaw(script, 'identity');
    const brotli = await fetchRaw(script, 'gzip, deflate, br');
    const gzip = await fetchRaw(script, 'gzip, deflate');
    expect([plain.encoding, brotli.encoding, gzip.encoding]).toEqual([undefined, 'br', 'gzip']);
    expect(brotliDecompressSync(brotli.bytes).equals(plain.bytes)).toBe(true);
    expect(gunzipSync(gzip.bytes).equals(plain.bytes)).toBe(true);
    expect(brotli.bytes.length).toBeLessThan(plain.bytes.length / 3);
  });

  test('are there to be read only', async () => {
    const reply = await server.send(script, { method: 'POST' });
    expect(reply.status).toBe(405);
    const head = await server.send('/', { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, text: '' });
  });
});
