/**
 * A key that one process has switched off, and what another does for who still sends it: its next
 * write is refused, and within a second its reads are, whatever becomes of the connection by which the
 * other would hear of it.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { createApiKey } from '../../server/domain/api-keys/create.ts';
import { createEnvironment } from '../../server/domain/environments/create.ts';
import { createProject } from '../../server/domain/projects/create.ts';
import { type SignedUp, signUpSomebody } from '../support/accounts.ts';
import { callAs } from '../support/call.ts';
import { type ServerProcess, startServer } from '../support/process.ts';
import type { GraphQLOptions } from '../support/server.ts';
import { operations, subject, withKey } from '../support/session-api.ts';
import { setUpProcesses } from '../support/setup.ts';
import { cutListeners, findListeners } from '../support/two-servers.ts';

const { tools, settings } = await setUpProcesses();
let here: ServerProcess;
let there: ServerProcess;
let owner: SignedUp;

beforeAll(async () => {
  [here, there] = await Promise.all([startServer(settings), startServer(settings)]);
  owner = await signUpSomebody(tools);
}, 60_000);

/** A secret key in a place of its own, and how to end it through `here`. */
interface Doomed {
  by: GraphQLOptions;
  projectId: string;
  environmentId: string;
  keyId: string;
}

async function makeDoomed(): Promise<Doomed> {
  const call = callAs(tools, owner.actor);
  const { projectId } = await createProject(call, { name: 'Shop' });
  const place = { projectId, name: 'Doomed', kind: 'PRODUCTION' } as const;
  const { id: environmentId } = await createEnvironment(call, place);
  const key = { environmentId, name: 'Server', type: 'SECRET' } as const;
  const { id: keyId, secret } = await createApiKey(call, key);
  return { by: withKey(secret!), projectId, environmentId, keyId };
}

const endings: Record<string, { reason: string; mutation: (of: Doomed) => string }> = {
  'a key is deleted': {
    reason: 'DELETED',
    mutation: ({ keyId }) => `deleteApiKey(input: { id: "${keyId}", confirmName: "Server" })`,
  },
  'a key is deactivated': {
    reason: 'INACTIVE',
    mutation: ({ keyId }) => `updateApiKey(input: { id: "${keyId}", version: 1, active: false })`,
  },
  'a key is regenerated without overlap': {
    reason: 'ROTATED_OUT',
    mutation: ({ keyId }) => `regenerateApiKey(input: { id: "${keyId}", overlapSeconds: 0 })`,
  },
  'its environment is deleted': {
    reason: 'DELETED',
    mutation: ({ environmentId }) =>
      `deleteEnvironment(input: { id: "${environmentId}", confirmName: "Doomed" })`,
  },
  'its project is deleted': {
    reason: 'DELETED',
    mutation: ({ projectId }) =>
      `deleteProject(input: { id: "${projectId}", confirmName: "Shop" })`,
  },
};

/** What comes of a request with a key: `accepted`, or the reason of the refusal. */
async function ask(
  { url }: ServerProcess,
  query: string,
  variables: object,
  { headers }: GraphQLOptions,
): Promise<string> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  const { code, reason } = errors?.[0].extensions ?? data.answer ?? {};
  return reason ?? code ?? 'accepted';
}

const start = (by: GraphQLOptions) => ask(there, operations.start, { input: {} }, by);
const read = (by: GraphQLOptions) => ask(there, '{ answer: viewerKey { id } }', {}, by);

/** Keeps the key warm in the other process, and notes what was begun after its end and still done. */
function keepBusy(by: GraphQLOptions) {
  const tooLate: string[] = [];
  let endedAt = Number.POSITIVE_INFINITY;
  let stopped = false;
  const lane = async (request: typeof start, graceMs: number) => {
    while (!stopped) {
      const sentAt = performance.now();
      const outcome = await request(by);
      const late = Math.round(sentAt - endedAt);
      if (outcome === 'accepted' && late > graceMs)
        tooLate.push(`${request.name}, ${late} ms late`);
    }
  };
  const lanes = Promise.all([lane(start, 0), lane(start, 0), lane(read, 1_000)]);
  return {
    end: () => {
      endedAt = performance.now();
    },
    stop: async () => {
      stopped = true;
      await lanes;
      return tooLate;
    },
  };
}

/** Ends a key through one process while the other has it warm, and sees what the other then says. */
async function endOne(ending: string, before: () => Promise<unknown> = async () => {}) {
  const { mutation, reason } = endings[ending]!;
  const doomed = await makeDoomed();
  const { by } = doomed;
  const newSession = async () =>
    (await there.graphql(operations.start, { input: {} }, by)).answer.session.sessionId;
  const [pending, confirmed] = await Promise.all([newSession(), newSession()]);
  await there.graphql(operations.confirm, { input: { sessionId: confirmed, subject } }, by);
  const traffic = keepBusy(by);
  await before();
  const ended = await here.graphql(
    `mutation { answer: ${mutation(doomed)} { __typename } }`,
    {},
    { cookie: owner.token },
  );
  traffic.end();
  expect(ended.answer.__typename).toMatch(/Payload$/);
  expect(
    await Promise.all([
      start(by),
      ask(there, operations.confirm, { input: { sessionId: pending, subject } }, by),
      ask(there, operations.exchange, { input: { sessionId: confirmed } }, by),
    ]),
    'what was written next',
  ).toEqual([reason, reason, reason]);
  await expect.poll(() => read(by), { timeout: 5_000, interval: 5 }).toBe(reason);
  expect(await read(by), 'a read after one that was refused').toBe(reason);
  expect(await traffic.stop(), 'accepted though too late').toEqual([]);
}

describe.each(Object.keys(endings))('once %s through one process', (ending) => {
  test('the next write through the other is refused, and soon its reads are', {
    timeout: 30_000,
  }, async () => {
    for (let round = 0; round < 10; round += 1) await endOne(ending);
  });

  test('so they are if the connection by which the other hears was cut just before', {
    timeout: 30_000,
  }, async () => {
    for (let round = 0; round < 3; round += 1) await endOne(ending, () => cutListeners(tools));
  });
});

test('so they are if that connection hangs without a word', { timeout: 60_000 }, async () => {
  for (const ending of Object.keys(endings)) {
    const hanging = await findListeners(tools);
    const signal = (name: NodeJS.Signals) => {
      for (const pid of hanging) process.kill(pid, name);
    };
    try {
      await endOne(ending, async () => signal('SIGSTOP'));
    } finally {
      signal('SIGCONT');
    }
  }
});

test('and a key that lives is not taken for a dead one, whatever becomes of the connection', async () => {
  const { by } = await makeDoomed();
  const outcomes = new Set<string>();
  for (let round = 0; round < 20; round += 1) {
    if (round % 5 === 0) await cutListeners(tools);
    outcomes.add(await start(by));
    outcomes.add(await read(by));
  }
  expect([...outcomes]).toEqual(['accepted']);
});
