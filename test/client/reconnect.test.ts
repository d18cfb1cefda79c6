/** Clients of a server process that stops, or dies, and comes back on the same port. */
import { randomBytes } from 'node:crypto';
import { gql } from '@urql/core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Appended, followLog, type LogVariables } from '../../client/follow-log.ts';
import { createLatchkeyClient, readAnswer } from '../../client/urql.ts';
import type { Tools } from '../../server/domain/call.ts';
import { closeDb } from '../../server/platform/db.ts';
import { MasterKeys } from '../../server/platform/master-keys.ts';
import { createTestTools } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import { type ServerProcess, type Settings, startServer } from '../support/process.ts';
import { createTestProject } from '../support/projects.ts';
import { createSessionApi, subject, withKey } from '../support/session-api.ts';

let settings: Settings;
let tools: Tools;
/** Writes while the other is away. */
let other: ServerProcess;

beforeAll(async () => {
  const { url } = await createTestDatabase();
  const bytes = randomBytes(32);
  settings = {
    DATABASE_URL: url,
    MASTER_KEY: `k1:${bytes.toString('base64')}`,
    PUBLIC_URL: 'http://localhost:4000',
  };
  tools = createTestTools(url, { masterKeys: new MasterKeys([{ id: 'k1', bytes }]) });
  other = await startServer(settings);
}, 60_000);

afterAll(() => closeDb(tools.db));

const countsQuery = `subscription { liveSessionCounts {
  pending lifetime { started confirmed cancelled expired used } } }`;
const LogTail = gql<Appended, LogVariables>`
  subscription LogTail($projectId: ID!, $after: String) {
    logAppended(projectId: $projectId, after: $after) { id at }
  }`;
const waiting = { timeout: 30_000 };

test.each([
  ['stops', 'SIGTERM'],
  ['is killed', 'SIGKILL'],
] as const)(
  'where it %s, all are told the right counts and every log entry once it is back',
  {
    timeout: 60_000,
  },
  async (_what, signal) => {
    const project = await createTestProject(tools);
    const { secret } = project.production;
    const api = createSessionApi(other);
    const first = await startServer(settings);
    const clients = Array.from({ length: 20 }, () =>
      createLatchkeyClient({ url: first.url, apiKey: secret, webSocket: WebSocket }),
    );
    onTestFinished(() => {
      for (const { live } of clients) live.dispose();
    });
    const reconnections: number[] = [];
    const counts = clients.map((client, index) => {
      // biome-ignore lint/suspicious/noExplicitAny: tests look into results of every shape
      const told: any[] = [];
      client.live.onReconnected(() => reconnections.push(index));
      client.subscription(countsQuery, {}).subscribe((result) => {
        told.push(readAnswer(result).liveSessionCounts);
      });
      return told;
    });
    const entries: string[] = [];
    const failures: unknown[] = [];
    await followLog(
      clients[0]!,
      LogTail,
      { projectId: project.id },
      {
        entry: ({ id }) => void entries.push(id),
        failed: (error) => void failures.push(error),
      },
    );
    for (const told of counts) {
      await expect.poll(() => told.at(-1)?.lifetime.started, waiting).toBe(0);
    }

    const before = new Date();
    first.kill(signal);
    for (const { live } of clients)
      await expect.poll(() => live.status.state, waiting).toBe('down');
    await first.ended;
    for (let n = 0; n < 5; n += 1) {
      const { session } = await api.start(withKey(secret));
      if (n < 2) await api.confirm(withKey(secret), { sessionId: session.sessionId, subject });
    }
    for (const { live } of clients) {
      const { since } = live.status as { since: Date };
      expect(since.getTime()).toBeGreaterThanOrEqual(before.getTime());
      expect(since.getTime()).toBeLessThanOrEqual(Date.now());
    }

    await startServer({ ...settings, PORT: String(first.port) });
    const lifetime = { started: 5, confirmed: 2, cancelled: 0, expired: 0, used: 0 };
    for (const told of counts) {
      await expect.poll(() => told.at(-1), waiting).toEqual({ pending: 3, lifetime });
    }
    expect(reconnections.sort((a, b) => a - b)).toEqual(clients.map((_, index) => index));
    for (const { live } of clients) expect(live.status).toEqual({ state: 'connected' });
    await expect.poll(() => entries, waiting).toHaveLength(7);
    expect(new Set(entries).size).toBe(7);
    expect(failures).toEqual([]);
  },
);
