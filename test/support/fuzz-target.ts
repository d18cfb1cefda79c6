/** A real server process to throw things at, with whatever gets one past its doors. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, expect } from 'vitest';
import { closeDb } from '../../server/platform/db.ts';
import { MasterKeys } from '../../server/platform/master-keys.ts';
import { createTestTools } from './call.ts';
import { createTestDatabase } from './database.ts';
import { fuzzSeeds, type Known } from './fuzz-corpus.ts';
import type { Credentials } from './fuzz-requests.ts';
import { inspect, inspectable } from './inspector.ts';
import { giveToken } from './people.ts';
import { type ServerProcess, startServer, until } from './process.ts';
import { createTestProject } from './projects.ts';
import { createSessionApi, withKey } from './session-api.ts';

const { FUZZ_SEED, FUZZ_PATH, FUZZ_RUNS, FUZZ_SECONDS } = process.env;

/** The same each time. Whoever hunts sets FUZZ_SEED, FUZZ_RUNS and FUZZ_SECONDS. */
const seed = Number(FUZZ_SEED ?? 20261120);
/** After which a storm is over, however much of it is left. */
export const stormSeconds = Number(FUZZ_SECONDS ?? 6);
const runs = Number(FUZZ_RUNS ?? 60);
/** Of each kind of handle: the pool may have grown, and jobs have timers. */
const slack = 16;
/** Documents in caches differ in length. */
const heapSlackMb = 10;
const stormsMax = 4;
/** Thrown at once. */
const volleyMax = 25;

/**
 * Throws volleys of something, for a bounded time.
 *
 * @param number each is made of other things
 * @throws {Error} with the smallest volley that fails, and how to throw that alone
 */
export async function storm<One>(
  one: fc.Arbitrary<One>,
  number: number,
  volley: (some: One[]) => Promise<void>,
): Promise<void> {
  const some = fc.array(one, { minLength: 1, maxLength: volleyMax, size: 'max' });
  const result = await fc.check(fc.asyncProperty(some, volley), {
    seed: seed + number,
    numRuns: runs,
    interruptAfterTimeLimit: stormSeconds * 1_000,
    ...(FUZZ_PATH && { path: FUZZ_PATH, endOnFailure: true }),
  });
  if (!result.failed) return;
  const again = `FUZZ_SEED=${result.seed} FUZZ_PATH=${result.counterexamplePath}`;
  throw new Error(`${again}\n${(result.errorInstance as Error).message}`, {
    cause: result.errorInstance,
  });
}

export interface FuzzTarget {
  readonly server: ServerProcess;
  /** Headers of each kind of credential, and none. */
  readonly credentials: Credentials;
  /** Of things that a mutation may do anything to. */
  readonly known: Known;
  /** Payloads of `connection_init`. */
  readonly inits: readonly object[];
  /** Fails unless the process lives, is healthy, and had nothing to complain of. */
  expectUnharmed(): Promise<void>;
  /**
   * Fails where each of several storms leaves something behind. The first ones fill caches, which keep
   * what they keep; a leak goes on.
   */
  expectNothingLeft(storm: (number: number) => Promise<void>): Promise<void>;
}

export async function startFuzzTarget(): Promise<FuzzTarget> {
  const { url } = await createTestDatabase();
  const bytes = randomBytes(32);
  const server = await startServer({
    DATABASE_URL: url,
    MASTER_KEY: `k1:${bytes.toString('base64')}`,
    TRUSTED_PROXIES: 'loopback',
    ...inspectable,
  });
  const tools = createTestTools(url, { masterKeys: new MasterKeys([{ id: 'k1', bytes }]) });
  afterAll(() => closeDb(tools.db));
  // The credentials are of one project, and what is done is done to another of the same owner.
  const asking = await createTestProject(tools);
  const target = await createTestProject(tools, asking.owner);
  const { token } = await giveToken(tools, asking.owner);
  const { secret, publishableValue } = asking.production;
  const api = createSessionApi(server);
  const { session, clientSecret, linkToken } = await api.start(withKey(secret));
  const key = await tools.db.apiKey.findFirstOrThrow({
    where: { environmentId: target.production.id },
  });
  const known = [
    ...[target.id, target.production.id, target.workspaceId, key.id],
    ...[session.sessionId, clientSecret, linkToken],
  ];
  let seen = 0;
  return {
    server,
    credentials: [
      {},
      { 'X-API-Key': secret },
      { Authorization: `Bearer ${secret}` },
      { 'X-API-Key': publishableValue },
      { 'X-API-Key': asking.development.publishableValue },
      { Cookie: `latchkey=${asking.owner.token}` },
      { Authorization: `Bearer ${token}` },
      { Authorization: `Bearer ${token}`, 'X-API-Key': secret },
    ],
    known,
    inits: [
      { apiKey: secret },
      { authorization: `Bearer ${token}` },
      {},
      { apiKey: publishableValue },
    ],
    async expectNothingLeft(storm) {
      const look = await inspect(server);
      await fillCaches(server, known);
      const grown: string[] = [];
      for (let number = 0; number < stormsMax; number += 1) {
        const before = await look();
        await storm(number);
        const isMore = async () => {
          const { heap, active } = await look();
          const kinds = Object.keys(active).filter(
            (kind) => active[kind]! > (before.active[kind] ?? 0) + slack,
          );
          const megabytes = Math.round((heap - before.heap) / 1e6);
          grown[number] = `${megabytes} MB ${kinds.join(' ')}`;
          return kinds.length > 0 || megabytes > heapSlackMb;
        };
        if (await until(async () => !(await isMore()), 5_000).catch(() => false)) return;
      }
      throw new Error(`Each storm left something behind: ${grown.join(', ')}.`);
    },
    async expectUnharmed() {
      process.kill(server.pid, 0);
      for (const path of ['live', 'ready']) {
        const health = await fetch(`${server.url}/health/${path}`);
        expect([path, health.status]).toEqual([path, 200]);
      }
      const lines = server.stdout();
      const fresh = lines.slice(seen).split('\n');
      seen = lines.lastIndexOf('\n') + 1;
      expect(fresh.filter((line) => /^\{.*"level":"(error|fatal|warn)"/.test(line))).toEqual([]);
      expect(server.stderr()).not.toMatch(/(Error|Warning|at .+:\d+:\d+)/);
    },
  };
}

/** Yoga keeps a thousand documents. */
async function fillCaches({ url }: ServerProcess, known: Known): Promise<void> {
  const seeds = fuzzSeeds(known);
  for (let sent = 0; sent < 1_100; sent += volleyMax) {
    const some = Array.from({ length: volleyMax }, async (_, index) => {
      const { query } = seeds[(sent + index) % seeds.length]!;
      const body = JSON.stringify({ query: `${query}\n# ${sent + index}` });
      const headers = { 'content-type': 'application/json' };
      await (await fetch(`${url}/graphql`, { method: 'POST', headers, body })).text();
    });
    await Promise.all(some);
  }
}
