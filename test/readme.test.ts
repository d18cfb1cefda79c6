/** What README.md tells people to run, run: its snippets as they stand, on a real server. */
import { execFile, spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { buildSchema, type OperationDefinitionNode, parse, print, validate } from 'graphql';
import { expect, onTestFinished, test } from 'vitest';
import { startTestServer } from './support/server.ts';

const server = await startTestServer();
const readme = readFileSync('README.md', 'utf8');
const blocks = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(
  ([, language = '', text = '']) => ({ language, text: placed(text) }),
);

/** What was learnt on the way: each snippet builds on those before it. */
const known: Record<string, string> = {};

function placed(text: string): string {
  return text.replaceAll('http://localhost:4000', server.url);
}

/** The one block in this language that says `word`. */
function blockWith(language: string, word: string): string {
  const found = blocks.filter((block) => block.language === language && block.text.includes(word));
  expect(found, `blocks of ${language} with "${word}"`).toHaveLength(1);
  return found[0]!.text;
}

async function run(program: string, args: string[]): Promise<string> {
  const env = { PATH: process.env.PATH, NO_PROXY: '*', ...known };
  return (await promisify(execFile)(program, args, { env })).stdout;
}

/** Runs a module as it stands; it can import our packages. Returns the value of `result`. */
async function runModule(code: string, result: string) {
  const print = `\nprocess.stdout.write(JSON.stringify(${result}));`;
  return JSON.parse(await run(process.execPath, ['--input-type=module', '-e', code + print]));
}

/** Starts a program that goes on for ever, and ends with the test. @returns what it has printed */
function follow(program: string, args: string[]): () => string {
  const env = { PATH: process.env.PATH, NO_PROXY: '*', ...known };
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill());
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  return () => printed;
}

async function startSession(): Promise<void> {
  const query = 'mutation { startSession(input: {}) { ... on StartSessionPayload { userCode } } }';
  const by = { headers: { 'x-api-key': known.LATCHKEY_SECRET_KEY! } };
  const data = await server.graphql(query, {}, by);
  expect(data.startSession.userCode).toBeDefined();
}

test('every GraphQL operation is valid by itself, and has a name', () => {
  const schema = buildSchema(readFileSync('schema/schema.graphql', 'utf8'));
  const texts = blocks.filter(({ language }) => language === 'graphql').map(({ text }) => text);
  expect(texts.length).toBeGreaterThanOrEqual(3);
  for (const text of texts) {
    expect(validate(schema, parse(text))).toEqual([]);
    for (const operation of parse(text).definitions) {
      expect((operation as OperationDefinitionNode).name, print(operation)).toBeDefined();
    }
  }
});

test('a pasted sign-up signs up, and a pasted project shows its keys', async () => {
  const { headers, json } = await server.post(blockWith('graphql', 'mutation SignUp'));
  expect(json).toMatchObject({ data: { signUp: { viewer: { email: 'ada@example.com' } } } });
  const cookie = /^latchkey=([^;]+)/.exec(headers.get('set-cookie') ?? '')?.[1];
  const query = blockWith('graphql', 'mutation CreateProject');
  const { createProject } = await server.graphql(query, {}, { cookie });
  const [development] = createProject.project.environments.filter(
    ({ kind }: { kind: string }) => kind === 'DEVELOPMENT',
  );
  expect(development.primaryKey.publishableValue).toMatch(/^pk_test_/);
  known.LATCHKEY_PROJECT_ID = createProject.project.id;
  known.LATCHKEY_SECRET_KEY = createProject.secret;
  known.developmentKey = development.primaryKey.publishableValue;
});

test('the request of a server starts a session, which it confirms and exchanges', async () => {
  const reply = await run('sh', ['-ec', blockWith('sh', 'startSession')]);
  const { startSession } = JSON.parse(reply).data;
  expect(startSession).toMatchObject({ userCode: expect.stringMatching(/^[A-Z]{8}$/) });
  expect(startSession.confirmUrl.split('/').at(-1)).toBe(startSession.linkToken);

  const query = blockWith('graphql', 'mutation Exchange');
  const withKey = async (operationName: string, variables: object) => {
    const { json } = await server.send('/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-api-key': known.LATCHKEY_SECRET_KEY!,
      },
      body: JSON.stringify({ query, operationName, variables }),
    });
    return json.data;
  };
  const { linkToken } = startSession;
  const { confirmSession } = await withKey('Confirm', { linkToken });
  expect(confirmSession.session.status).toBe('CONFIRMED');
  const { sessionId } = confirmSession.session;
  const { exchangeSession } = await withKey('Exchange', { sessionId });
  expect(exchangeSession.subject).toEqual({ provider: 'server', id: 'user-17', name: 'Ada' });
  known.proof = exchangeSession.proof;
});

test('the request for an export is answered with its rows, in the columns that are listed', async () => {
  const command = blockWith('sh', '/export/logs').replace('-o logs.csv', '');
  const [head, ...rows] = (await run('sh', ['-ec', command])).split('\r\n');
  const listed = (what: string) => {
    const [, names = ''] = new RegExp(`^- ${what}: ((?:.|\n  )*)`, 'm').exec(readme) ?? [];
    return [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name).join(',');
  };
  expect(head).toBe(listed('logs'));
  expect(rows.slice(0, -1).map((row) => row.split(',')[2])).toContain('session.started');
  const { text } = await server.send('/export/sessions', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': known.LATCHKEY_SECRET_KEY! },
    body: '{"format":"csv"}',
  });
  expect(text.split('\r\n')[0]).toBe(listed('sessions'));
});

test('the proof is checked offline', async () => {
  const code = `const proof = process.env.proof;\n${blockWith('js', 'jwtVerify')}`;
  expect(await runModule(code, 'payload')).toMatchObject({
    sub: 'server:user-17',
    nonce: 'n-0S6_WzA2Mj',
  });
});

test('the snippet of an app starts a session in Development, and a test confirms it', async () => {
  const snippet = blockWith('js', 'x-api-key').replace('pk_test_…', known.developmentKey!);
  const { startSession } = await runModule(snippet, 'data');
  expect(startSession).toEqual({
    clientSecret: expect.stringMatching(/^cs_/),
    qrCodeUrl: expect.stringContaining(`${server.url}/s/`),
    userCode: expect.stringMatching(/^[A-Z]{8}$/),
    session: { expiresAt: expect.any(String), pollIntervalSeconds: expect.any(Number) },
  });
  const linkToken = /\/s\/([^/]+)\/qr\.svg$/.exec(startSession.qrCodeUrl)?.[1];
  const query = blockWith('graphql', 'mutation Confirm');
  const { json } = await server.send('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, operationName: 'Confirm', variables: { linkToken } }),
  });
  expect(json.data.confirmSession.session.status).toBe('CONFIRMED');
});

test('the analytics of a server are of its environment', async () => {
  const data = await server.graphql(
    blockWith('graphql', 'query LastMonth'),
    { projectId: known.LATCHKEY_PROJECT_ID },
    { headers: { 'x-api-key': known.LATCHKEY_SECRET_KEY! } },
  );
  expect(data.project.analytics).toMatchObject({
    totalSessions: 1,
    uniqueUsers: 1,
    timeToConfirm: { p50Ms: expect.any(Number) },
    funnel: { requested: 1, used: 1 },
    previous: { totalSessions: 0, conversionRate: null },
  });
});

test('an event stream by curl tells the present counts, and each change', async () => {
  const printed = follow('sh', ['-ec', `exec ${blockWith('sh', 'curl -N')}`]);
  const pending = () =>
    [...printed().matchAll(/^data: (.+)$/gm)].map(
      ([, data]) => JSON.parse(data!).data.liveSessionCounts.pending,
    );
  await expect.poll(pending).toEqual([0]);
  await startSession();
  await expect.poll(pending).toEqual([0, 1]);
});

test('the typed client tells the present counts, each change, and how it is connected', async () => {
  const args = ['--import', 'tsx', '--input-type=module', '-e'];
  const printed = follow(process.execPath, [...args, blockWith('ts', 'createLatchkeyClient')]);
  await expect.poll(printed).toMatch(/state: 'connecting'.+state: 'connected'.+pending: 1,/s);
  await startSession();
  await expect.poll(printed).toMatch(/pending: 2,/);
});

test('the schema is where a code generator is sent for it', async () => {
  const url = /schema: '([^']+)'/.exec(blockWith('ts', 'codegen.ts'))?.[1];
  expect(await (await fetch(url!)).text()).toBe(readFileSync('schema/schema.graphql', 'utf8'));
});

test('every script and file that it names is there', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  const named = [...readme.matchAll(/\bnpm (?:run )?([a-z-]+(?::[a-z]+)?)/g)].map(
    ([, name]) => name!,
  );
  const ofNpm = ['ci', 'and', 'comes', 'are'];
  expect(named.filter((name) => !(name in scripts) && !ofNpm.includes(name))).toEqual([]);
  for (const [, path] of readme.matchAll(/\]\((?!https:)([^)#]+)(?:#[\w-]+)?\)/g)) {
    expect(() => statSync(path!), path).not.toThrow();
  }
});
