/** What docs/webhooks.md says and tells people to run, on a real server. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { buildSchema, type OperationDefinitionNode, parse, validate } from 'graphql';
import { afterAll, expect, test, vi } from 'vitest';
import { withGenerated } from '../docs/generated.ts';
import { redeliverWebhook } from '../server/domain/webhooks/redeliver.ts';
import { sendTestWebhook } from '../server/domain/webhooks/send-test.ts';
import { signUpSomebody } from './support/accounts.ts';
import { setUpTools } from './support/setup.ts';
import { deliverDue, readDeliveries, setUpEndpoint } from './support/webhooks.ts';

const tools = await setUpTools();
const text = readFileSync('docs/webhooks.md', 'utf8');
const blocks = [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(
  ([, language = '', code = '']) => ({ language, code }),
);
const blockIn = (language: string) => blocks.find((block) => block.language === language)!.code;

test('its tables are what the code says; `npm run generate` writes them', () => {
  expect(withGenerated(text)).toBe(text);
});

test('its links lead to files, and its GraphQL is valid and has names', () => {
  for (const [, path] of text.matchAll(/\]\((?!https:)([^)]+)\)/g)) {
    expect(existsSync(join('docs', path!)), path).toBe(true);
  }
  const schema = buildSchema(readFileSync('schema/schema.graphql', 'utf8'));
  const document = parse(blockIn('graphql'));
  expect(validate(schema, document)).toEqual([]);
  for (const each of document.definitions as OperationDefinitionNode[]) {
    expect(each.name).toBeDefined();
  }
  for (const [, name] of text.matchAll(/`(\w+(?:Webhooks?|WebhookSecret|WebhookEndpoint))`/g)) {
    expect(Object.keys(schema.getMutationType()!.getFields())).toContain(name);
  }
});

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('its receiver takes our messages, each once, and refuses what others send', async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const person = await signUpSomebody(tools);
  const { owner, endpoint } = await setUpEndpoint(tools, person, { url });
  const receiver = spawn(process.execPath, ['--input-type=module', '-e', blockIn('js')], {
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      LATCHKEY_WEBHOOK_SECRET: endpoint.secret,
    },
  });
  afterAll(() => receiver.kill('SIGKILL'));
  let said = '';
  for (const stream of [receiver.stdout, receiver.stderr]) {
    stream.on('data', (chunk) => {
      said += chunk;
    });
  }
  const forge = () => fetch(url, { method: 'POST', body: '{}' }).catch(() => null);
  const refused = await vi.waitUntil(forge, { timeout: 10_000, interval: 50 });
  expect(refused.status).toBe(400);

  const { id } = await sendTestWebhook(owner, endpoint);
  await deliverDue(tools, endpoint);
  await redeliverWebhook(owner, { id });
  await deliverDue(tools, endpoint);
  const [delivery] = await readDeliveries(tools.db, endpoint.id);
  expect(delivery).toMatchObject({ status: 'DELIVERED' });
  expect(delivery!.attempts.map(({ responseStatus }) => responseStatus)).toEqual([204, 204]);
  expect(said).toBe('webhook.test undefined\n');
});

test('the body that it shows has the fields of a real one', async () => {
  const { session } = JSON.parse(blockIn('json')).data;
  const { sessionDataSql } = await import('../server/domain/webhooks/event-sql.ts');
  const named = [...sessionDataSql('a').matchAll(/'(\w+)', (?:a\.|to_char)/g)].map(
    ([, name]) => name,
  );
  expect(
    Object.keys(session)
      .filter((name) => name !== 'subject')
      .sort(),
  ).toEqual(named.sort());
});
