import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { startTestServer } from '../support/server.ts';

const server = await startTestServer();

/** Runs the command to its end. */
async function run(url: string) {
  const args = ['--import', 'tsx', 'client/demo/live.ts', '--url', url];
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = once(child, 'exit');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await exit) as [number | null];
  return { code, stdout, stderr, seconds: (performance.now() - startedAt) / 1000 };
}

const { code, stdout, stderr, seconds } = await run(server.url);

/** What was printed of the step whose sentence has these words. */
function linesOf(words: string): string[] {
  const [, told] = stdout.split(words);
  return told!.split('\n\n')[0]!.split('\n').slice(1);
}

describe('the live demonstration', () => {
  test('ends by itself in some seconds, and well', () => {
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(/Everything went as it should\.\n$/);
    expect(seconds).toBeLessThan(30);
  });

  test('shows the counts of none first, then each as it moves, and at last those of all', () => {
    expect(linesOf('The present ones come first.')).toContainEqual(
      expect.stringMatching(/now +pending {2}0 {3}started {2}0 /),
    );
    const moving = linesOf('while another process starts and confirms sessions.').filter((line) =>
      line.includes('pending'),
    );
    const started = moving.map((line) => Number(/started +(\d+)/.exec(line)?.[1]));
    expect(started).toEqual([...started].sort((one, other) => one - other));
    expect(new Set(started).size).toBeGreaterThanOrEqual(6);
    expect(moving.at(-1)).toMatch(
      /pending {2}3 {3}started 12 {3}confirmed {2}6 {3}used {2}3 {3}cancelled {2}3$/,
    );
  });

  test('shows a session as its device sees it, and the log as it grows', () => {
    const statuses = linesOf('as a device without any key.').map(
      (line) => line.trim().split(/ +/)[1],
    );
    expect(statuses.slice(0, 3)).toEqual(['PENDING', 'CONFIRMED', 'USED']);
    const entries = linesOf('Follow the log').map((line) => line.trim().split(/ +/)[1]);
    expect(entries.slice(0, 2)).toEqual(['session.started', 'session.cancelled']);
  });

  test('shows the socket closed within a second of the end of its key, and why', () => {
    const lines = linesOf('Delete the key.').join('\n');
    expect(lines).toMatch(/The connection was closed: 4403 DELETED\.\n +after +\d{1,3} ms\n/);
    expect(lines).toMatch(/reason +DELETED$/);
  });

  test('prints no secret', () => {
    expect(stdout).not.toMatch(/sk_live_\w{43}|cs_\w{10}/);
  });
});
