import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closeDb } from '../../server/platform/db.ts';
import { MasterKeys } from '../../server/platform/master-keys.ts';
import { createTestTools } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import { dumpDatabase } from '../support/database-dump.ts';
import { misplaceInGraphQL } from '../support/misplaced-secrets.ts';
import { startServer } from '../support/process.ts';
import { createRecorder, type Recorder } from '../support/recorder.ts';
import { bodyMark, takeTour } from '../support/secret-tour.ts';
import { createVault, oneOfEachKind, type RecordedReply } from '../support/vault.ts';

const { url } = await createTestDatabase();
const bytes = randomBytes(32);
const tools = createTestTools(url, { masterKeys: new MasterKeys([{ id: 'k1', bytes }]) });
afterAll(() => closeDb(tools.db));
const vault = createVault();
vault.add('master key', bytes.toString('base64'));
const metricsToken = randomBytes(24).toString('hex');
vault.add('metrics token', metricsToken);
const { password } = new URL(url);
// One's own PostgreSQL may have none, or one that is a word like others.
if (password.length >= 16) vault.add('password of the database', password);

/** Of the tour, and of callers who got GraphQL wrong. */
let recorders: { tour: Recorder; misplaced: Recorder };
/** All that a server said that logs what it can, from its start to its end, in lines. */
let log: string[];
/** The rows of all tables. */
let dump: string[];

beforeAll(async () => {
  const server = await startServer({
    DATABASE_URL: url,
    MASTER_KEY: `k1:${bytes.toString('base64')}`,
    PUBLIC_URL: 'http://localhost:4000',
    LOG_LEVEL: 'trace',
    METRICS_TOKEN: metricsToken,
  });
  recorders = { tour: createRecorder(server.url), misplaced: createRecorder(server.url) };
  await takeTour({ recorder: recorders.tour, vault, tools });
  for (const value of oneOfEachKind(vault)) await misplaceInGraphQL(recorders.misplaced, value);
  server.kill('SIGTERM');
  await server.ended;
  log = `${server.stdout()}\n${server.stderr()}`.split('\n');
  dump = await dumpDatabase(tools.db);
}, 120_000);

/** Which secrets are in the lines, and where. */
function findInLines(lines: readonly string[]): string[] {
  return lines.flatMap((line) => vault.find(line).map(({ name }) => `${name}: ${line}`));
}

/** Which secrets are in replies that did not hand them over. */
function findInReplies(replies: readonly RecordedReply[]): string[] {
  return replies.flatMap((reply) => {
    const found = vault.find(`${reply.headers}\n${reply.text}`);
    const wrong = found.filter(({ handedOverBy }) => !handedOverBy.has(reply));
    return wrong.map(({ name }) => `${name}: ${reply.what}\n${reply.headers}\n${reply.text}`);
  });
}

describe('a secret is found', () => {
  test('in the reply that hands it over: so the search would find it elsewhere', () => {
    const handedOver = vault.secrets.filter(({ handedOverBy }) => handedOverBy.size > 0);
    const kinds = new Set(handedOver.map(({ name }) => name));
    expect([...kinds].sort()).toMatchInlineSnapshot(`
      [
        "clientSecret of startSession",
        "cookie of changePassword",
        "cookie of signIn",
        "cookie of signUp",
        "inUrl of inviteMember",
        "linkToken of startSession",
        "proof of exchangeSession",
        "secret of createApiKey",
        "secret of createProject",
        "secret of regenerateApiKey",
        "token of createAccessToken",
        "webhook-secret of createWebhookEndpoint",
        "webhook-secret of regenerateWebhookSecret",
      ]
    `);
    for (const { name, handedOverBy } of handedOver) {
      for (const { headers, text } of handedOverBy) {
        expect(vault.find(`${headers}\n${text}`).map((each) => each.name)).toContain(name);
      }
    }
  });

  test('in no other reply', () => {
    expect(recorders.tour.replies.length).toBeGreaterThan(1_000);
    expect(findInReplies(recorders.tour.replies)).toEqual([]);
  });

  test('in no row of the database, in no form', () => {
    expect(dump.join('\n')).toContain('owner@example.com');
    expect(findInLines(dump)).toEqual([]);
  });

  test('in no line of the log, from the start to the end', () => {
    const lines = [
      'Latchkey is ready',
      'Request served',
      'A request failed unexpectedly',
      'stopping',
    ];
    for (const said of lines) {
      expect(log.join('\n')).toContain(said);
    }
    expect(findInLines(log)).toEqual([]);
  });

  // GraphQL's own messages quote what is wrong. They tell nobody else.
  test('in a reply on wrong GraphQL only where that very request had it in the wrong place', () => {
    const { replies } = recorders.misplaced;
    const others = replies.filter((reply) => {
      const { what } = reply;
      const inUrl = decodeURIComponent(what);
      const sent = vault.find(`${what}\n${inUrl}\n${inUrl.replaceAll('+', ' ')}`);
      return vault.find(`${reply.headers}\n${reply.text}`).some((each) => !sent.includes(each));
    });
    expect(others.map(({ what, text }) => ({ what, text }))).toEqual([]);
    expect(replies.filter(({ json }) => json?.data)).toEqual([]);
  });
});

test('nothing shaped like a secret of ours is in the log or the database, handed over or not', () => {
  const shapes = /sk_(live|test)_\w{49}|lkp_\w{49}|cs_\w{69}|whsec_[\w+/]{43}=/;
  expect([...log, ...dump].filter((line) => shapes.test(line))).toEqual([]);
});

test('what fails is logged without the password’s hash, and without what the caller sent', () => {
  expect(log.filter((line) => line.includes('$argon2') || line.includes(bodyMark))).toEqual([]);
});
