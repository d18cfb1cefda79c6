import { expect, test } from 'vitest';
import type { Tools } from '../../server/domain/call.ts';
import { makeDataDir, processesIn, readPostmaster, withToolsOf } from '../support/data-dir.ts';
import { type ServerProcess, startServer, until } from '../support/process.ts';
import { createTestProject } from '../support/projects.ts';
import { createSessionApi, subject, withKey } from '../support/session-api.ts';
import { expectCountsToMatchRows } from '../support/sessions.ts';

const writers = 32;
/** In the order in which a session has them. */
const statuses = ['PENDING', 'CONFIRMED', 'USED'];

type By = ReturnType<typeof withKey>;

/** What a client was told, and what it asked for and was not told. */
interface Memory {
  /** The last status that was acknowledged, by session. */
  acknowledged: Map<string, string>;
  /** Idempotency keys of starts without an answer. */
  startsInDoubt: Set<string>;
  /** Sessions whose exchange has no answer. */
  exchangesInDoubt: Set<string>;
}

/** Starts, confirms and exchanges sessions from many clients at once, until the server is gone. */
function streamSessions(
  server: ServerProcess,
  by: By,
  memory: Memory,
): { expectEnd(): void; ended: Promise<unknown> } {
  const { acknowledged, startsInDoubt, exchangesInDoubt } = memory;
  const { start, confirm, exchange } = createSessionApi(server);
  let mayEnd = false;

  async function write(writer: number): Promise<void> {
    for (let n = 0; ; n += 1) {
      const idempotencyKey = n % 2 === 0 ? `${server.pid} ${writer} ${n}` : null;
      if (idempotencyKey) startsInDoubt.add(idempotencyKey);
      const { sessionId } = (await start(by, { idempotencyKey })).session;
      acknowledged.set(sessionId, 'PENDING');
      if (idempotencyKey) startsInDoubt.delete(idempotencyKey);
      if (n % 3 !== 0) continue;
      const confirmed = await confirm(by, { sessionId, subject });
      acknowledged.set(sessionId, confirmed.session.status);
      exchangesInDoubt.add(sessionId);
      const exchanged = await exchange(by, { sessionId, idempotencyKey: sessionId });
      acknowledged.set(sessionId, exchanged.session.status);
      exchangesInDoubt.delete(sessionId);
    }
  }
  const untilItIsGone = (error: unknown) => {
    if (!mayEnd) throw error;
  };
  const ended = Promise.all(
    Array.from({ length: writers }, (_, writer) => write(writer).catch(untilItIsGone)),
  );
  return {
    ended,
    expectEnd: () => {
      mayEnd = true;
    },
  };
}

async function expectNothingLost(server: ServerProcess, by: By, memory: Memory): Promise<void> {
  const { acknowledged, startsInDoubt, exchangesInDoubt } = memory;
  const { start, exchange } = createSessionApi(server);
  const behind: unknown[] = [];
  const ids = [...acknowledged.keys()];
  for (let from = 0; from < ids.length; from += 100) {
    const { nodes } = await server.graphql(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on AuthSession { status } } }',
      { ids: ids.slice(from, from + 100) },
      by,
    );
    for (const [index, node] of nodes.entries()) {
      const told = acknowledged.get(ids[from + index]!)!;
      if (statuses.indexOf(node?.status) < statuses.indexOf(told)) behind.push({ node, told });
    }
  }
  expect(behind).toEqual([]);

  // Who got no answer asks again, and gets what a first answer would have said.
  const restart = async (idempotencyKey: string) => {
    const { session } = await start(by, { idempotencyKey });
    acknowledged.set(session.sessionId, session.status);
  };
  const exchangeAgain = async (sessionId: string) => {
    const exchanged = await exchange(by, { sessionId, idempotencyKey: sessionId });
    expect(exchanged).toMatchObject({ session: { status: 'USED' }, proof: expect.any(String) });
    acknowledged.set(sessionId, 'USED');
  };
  await Promise.all([
    ...[...startsInDoubt].map(restart),
    ...[...exchangesInDoubt].map(exchangeAgain),
  ]);
  startsInDoubt.clear();
  exchangesInDoubt.clear();
}

async function expectEachStartedOnce({ db }: Tools): Promise<void> {
  const { rows } = await db.$pool.query(
    `SELECT idempotency_key FROM auth_sessions WHERE idempotency_key IS NOT NULL
     GROUP BY environment_id, idempotency_key HAVING count(*) > 1`,
  );
  expect(rows).toEqual([]);
}

/** Whom kill -9 hits, all at the same moment. */
const crashes: Record<string, (server: ServerProcess, dataDir: string) => Promise<number[]>> = {
  'the server, with which its database ends': async ({ pid }) => [pid],
  'the server and every process of its database': async ({ pid }, dataDir) => [
    pid,
    ...processesIn(dataDir),
  ],
  'the database, with which the server ends': async (_, dataDir) => [await readPostmaster(dataDir)],
};

test('kill -9 amid a stream of sessions loses none that was acknowledged, and none counts twice', {
  timeout: 120_000,
}, async () => {
  const dataDir = await makeDataDir();
  let server = await startServer({ DATA_DIR: dataDir });
  const project = await withToolsOf(dataDir, (tools) => createTestProject(tools));
  const by = withKey(project.production.secret);
  const acknowledged = new Map<string, string>();
  const memory = {
    acknowledged,
    startsInDoubt: new Set<string>(),
    exchangesInDoubt: new Set<string>(),
  };

  for (const [who, findVictims] of Object.entries(crashes)) {
    const before = acknowledged.size;
    const stream = streamSessions(server, by, memory);
    await Promise.race([stream.ended, until(() => acknowledged.size >= before + 200)]);
    const victims = await findVictims(server, dataDir);
    const database = processesIn(dataDir);
    stream.expectEnd();
    for (const pid of victims) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        // PostgreSQL has short-lived processes, and those of a killed one end by themselves.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
    await stream.ended;
    const ended = await server.ended;
    expect(ended, who).toEqual(
      victims.includes(server.pid) ? { code: null, signal: 'SIGKILL' } : { code: 1, signal: null },
    );

    server = await startServer({ DATA_DIR: dataDir });
    const left = processesIn(dataDir).filter((pid) => database.includes(pid));
    expect(left, `left by the crash of ${who}`).toEqual([]);
    await expectNothingLost(server, by, memory);
    await withToolsOf(dataDir, async (tools) => {
      await expectEachStartedOnce(tools);
      await expectCountsToMatchRows(tools.db);
    });
    expect(server.stderr(), who).toBe('');
  }

  server.kill('SIGTERM');
  expect(await server.ended).toEqual({ code: 0, signal: null });
  expect(processesIn(dataDir)).toEqual([]);
});
