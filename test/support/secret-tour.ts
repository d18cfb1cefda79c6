/**
 * A tour through everything that has to do with secrets, over HTTP: each is handed over, used, used
 * wrongly, changed and ended; and the database fails in the middle.
 */
import { randomBytes } from 'node:crypto';
import { schema } from '../../schema/index.ts';
import { createPasswordReset } from '../../server/domain/accounts/create-password-reset.ts';
import type { Tools } from '../../server/domain/call.ts';
import { limits } from '../../server/http/limits.ts';
import { until } from './process.ts';
import type { Recorder } from './recorder.ts';
import { createSchemaWalk } from './schema-walk.ts';
import type { GraphQLOptions } from './server.ts';
import { withKey } from './session-api.ts';
import { oneOfEachKind, type Vault } from './vault.ts';
import { walkAs } from './walk-as.ts';
import { startsById } from './walk-starts.ts';
import { wholeMutations } from './whole-mutations.ts';

/** Stands in the body of a request that fails. */
export const bodyMark = 'what-a-caller-sent';

export interface Tour {
  recorder: Recorder;
  vault: Vault;
  /** Of the database alone: what no API does. */
  tools: Tools;
}

/** Of payloads, those that hand a secret over. */
const secretFields = ['secret', 'token', 'clientSecret', 'linkToken', 'proof'];

const documents = wholeMutations(schema);
const watch =
  'query ($secret: String!) { answer: watchedSession(clientSecret: $secret) { status } }';
const look = `query ($token: String!) { answer: sessionToConfirm(linkToken: $token) {
  status channels { url } } }`;

/** A secret that a person made up. */
function newPassword({ vault }: Tour, name: string): string {
  const password = `${randomBytes(18).toString('hex')} ${name}`;
  vault.add(`password ${name}`, password);
  return password;
}

/** One mutation by its name. The answer is the member of its union. */
async function change(
  { recorder, vault }: Tour,
  name: string,
  input: object,
  by: GraphQLOptions = {},
) {
  const reply = await recorder.post(documents.get(name)!, { input }, by);
  const answer = reply.json?.data?.answer;
  const cookie = /^set-cookie: latchkey=([\w-]+)/m.exec(reply.headers)?.[1];
  const [, inUrl] = answer?.url?.split('#token=') ?? [];
  const handedOver = { cookie, inUrl, ...answer };
  for (const field of ['cookie', 'inUrl', ...secretFields]) {
    // The first word says of which kind it is.
    const kind = name.includes('Webhook') ? `webhook-${field}` : field;
    if (handedOver[field]) vault.add(`${kind} of ${name}`, handedOver[field], reply);
  }
  return { reply, answer, cookie };
}

/** The same, for what must succeed. */
async function succeed(tour: Tour, name: string, input: object, by?: GraphQLOptions) {
  const changed = await change(tour, name, input, by);
  if (changed.answer?.__typename.endsWith('Payload')) return changed;
  throw new Error(`${name} failed: ${changed.reply.text}`);
}

export async function takeTour(tour: Tour): Promise<void> {
  const owner = await tourAccounts(tour);
  const { secretKey, publishableKey, environmentId } = await tourKeys(tour, owner);
  await tourSessions(tour, secretKey, publishableKey);
  await tourWebhooks(tour, owner, secretKey, environmentId);
  await tourPeople(tour, owner);
  await tourFailures(tour, owner, secretKey, environmentId);
  await misplaceSecrets(tour);
  await waitForRefusals(tour);
  await readEverything(tour, [owner, secretKey, publishableKey]);
}

/** They are written once a second, and must be there to be read. */
async function waitForRefusals({ tools: { db } }: Tour): Promise<void> {
  const written = () => db.logEntry.groupBy({ by: ['reason'], where: { type: 'key.refused' } });
  await until(async () => (await written()).length >= 4);
}

async function tourAccounts(tour: Tour): Promise<GraphQLOptions> {
  const email = 'owner@example.com';
  const first = newPassword(tour, 'first');
  const second = newPassword(tour, 'second');
  for (const [given, password] of [
    [first, first], // typed into the wrong field
    [email, 'short'],
    [email, newPassword(tour, 'too long').repeat(8)],
  ]) {
    await change(tour, 'signUp', { email: given, password, name: 'Owner' });
  }
  const signedUp = await succeed(tour, 'signUp', { email, password: first, name: 'Owner' });
  await change(tour, 'signUp', { email, password: first, name: 'Again' });
  for (const [given, password] of [
    [email, newPassword(tour, 'wrong')],
    ['none@example.com', first],
    [first, email],
  ]) {
    await change(tour, 'signIn', { email: given, password });
  }
  const here = { cookie: signedUp.cookie! };
  const currentPassword = newPassword(tour, 'not current');
  await change(tour, 'changePassword', { currentPassword, newPassword: second }, here);
  await change(tour, 'changePassword', { currentPassword: first, newPassword: email }, here);
  await succeed(tour, 'changePassword', { currentPassword: first, newPassword: second }, here);
  await tour.recorder.post('{ viewer { email } }', {}, here); // has ended

  const { token } = await createPasswordReset(tour.tools, { email });
  tour.vault.add('reset token', token);
  const third = newPassword(tour, 'third');
  await change(tour, 'resetPassword', { token: third, password: token });
  await change(tour, 'resetPassword', { token, password: email });
  await succeed(tour, 'resetPassword', { token, password: third });
  await change(tour, 'resetPassword', { token, password: third });
  const elsewhere = await succeed(tour, 'signIn', { email, password: third });
  const signedIn = await succeed(tour, 'signIn', { email, password: third });
  const owner = { cookie: signedIn.cookie! };
  await succeed(tour, 'signOut', { everywhere: false }, { cookie: elsewhere.cookie! });
  await tour.recorder.post('{ viewer { email signIns { id } } }', {}, owner);
  return owner;
}

async function tourKeys(tour: Tour, owner: GraphQLOptions) {
  const { recorder } = tour;
  const made = await succeed(tour, 'createProject', { name: 'Shop' }, owner);
  const { secret, secretKey, publishableKey } = made.answer;
  const environmentId = secretKey.environment.id;
  const ask = (value: string, headers: Record<string, string> = {}) =>
    recorder.post('{ viewerKey { name } }', {}, withKey(value, headers));

  const input = { environmentId, name: 'Server', type: 'SECRET' };
  const more = await succeed(tour, 'createApiKey', input, owner);
  const { secret: old, apiKey } = more.answer;
  const { id } = apiKey;
  await ask(old);
  const next = await succeed(tour, 'regenerateApiKey', { id, overlapSeconds: 3600 }, owner);
  const current: string = next.answer.secret;
  for (const value of [old, current]) await ask(value);
  await ask(current, { origin: 'https://shop.example' }); // exposed
  await succeed(tour, 'finishApiKeyRotation', { id }, owner);
  await ask(old); // rotated out
  await succeed(tour, 'updateApiKey', { id, version: 3, active: false }, owner);
  await ask(current);
  await succeed(tour, 'deleteApiKey', { id, confirmName: 'Server' }, owner);
  for (const value of [old, current, `${current.slice(0, -1)}~`]) await ask(value);
  await ask(publishableKey.publishableValue, { origin: 'https://evil.example' });
  return {
    environmentId,
    secretKey: withKey(secret),
    publishableKey: withKey(publishableKey.publishableValue),
  };
}

async function tourSessions(
  tour: Tour,
  secretKey: GraphQLOptions,
  publishableKey: GraphQLOptions,
): Promise<void> {
  const { recorder } = tour;
  const subject = { id: 'customer', email: 'customer@example.com' };
  const start = async (input: object, by: GraphQLOptions) => {
    const { answer } = await succeed(tour, 'startSession', input, by);
    const { session, clientSecret, linkToken } = answer;
    return { id: session.sessionId as string, clientSecret, linkToken };
  };
  const again = { idempotencyKey: 'again', metadata: { cart: 1 } };
  await start(again, secretKey);
  await start(again, secretKey);
  await change(tour, 'startSession', { ...again, metadata: { cart: 2 } }, secretKey);
  await change(tour, 'startSession', {}, publishableKey); // public access is off

  const { id, clientSecret, linkToken } = await start({ nonce: 'n-1' }, secretKey);
  for (const [query, variables] of [
    [watch, { secret: clientSecret }],
    [watch, { secret: linkToken }],
    [watch, { secret: `${clientSecret.slice(0, -1)}~` }],
    [look, { token: linkToken }],
    [look, { token: clientSecret }],
    ['query ($id: ID!) { authSession(id: $id) { id } }', { id: clientSecret }],
  ] as const) {
    await recorder.post(query, variables);
    const asked = new URLSearchParams({ query, variables: JSON.stringify(variables) });
    await recorder.send(`/graphql?${asked}`); // refused over GET
  }
  await recorder.send(`/s/${linkToken}/qr.svg`);
  await recorder.send(`/s/${clientSecret}/qr.svg`);
  for (const [name, input] of [
    ['confirmSession', { linkToken: clientSecret, subject }],
    ['confirmSession', { sessionId: linkToken, subject }],
    ['confirmSession', { linkToken, subject: { id: '' } }],
    ['confirmSession', { linkToken, sessionId: id, subject }],
    ['confirmSession', { linkToken, subject, userCode: linkToken }],
    ['confirmSession', { sessionId: id, subject }],
    ['exchangeSession', { sessionId: clientSecret }],
    ['exchangeSession', { clientSecret }],
    ['cancelSession', { linkToken }],
  ] as const) {
    await change(tour, name, input, secretKey);
  }
  await succeed(tour, 'exchangeSession', { sessionId: id }, secretKey);
  const other = await start({}, secretKey);
  await change(tour, 'cancelSession', { clientSecret: other.clientSecret, reason: 'Enough' });
  await change(tour, 'cancelSession', { clientSecret: other.clientSecret });
}

async function tourWebhooks(
  tour: Tour,
  owner: GraphQLOptions,
  secretKey: GraphQLOptions,
  environmentId: string,
): Promise<void> {
  const url = 'http://127.0.0.1:9/hooks'; // nobody listens there
  const made = await succeed(tour, 'createWebhookEndpoint', { environmentId, url }, owner);
  const { id } = made.answer.webhookEndpoint;
  const { secret } = made.answer;
  await succeed(tour, 'regenerateWebhookSecret', { id, overlapSeconds: 3600 }, owner);
  await succeed(tour, 'revealWebhookSecret', { id }, owner);
  await change(tour, 'revealWebhookSecret', { id }, secretKey);
  await change(tour, 'revealWebhookSecret', { id: secret }, owner);
  await change(tour, 'createWebhookEndpoint', { environmentId, url: secret }, owner);
  const tested = await succeed(tour, 'sendTestWebhook', { id }, owner);
  await change(tour, 'startSession', {}, secretKey);
  const { db } = tour.tools;
  await until(async () => (await db.webhookDelivery.count({ where: { tries: { gt: 0 } } })) === 2);
  await change(tour, 'redeliverWebhook', tested.answer.webhookDelivery, owner);
  await change(tour, 'replayMissedWebhooks', { id }, owner);
  await change(tour, 'updateWebhookEndpoint', { id, version: 2, active: false }, owner);
}

async function tourPeople(tour: Tour, owner: GraphQLOptions): Promise<void> {
  const { recorder } = tour;
  const { json } = await recorder.post(
    '{ viewer { memberships { workspace { id } } } }',
    {},
    owner,
  );
  const workspaceId = json.data.viewer.memberships[0].workspace.id;
  for (const scope of ['READ', 'WRITE']) {
    const made = await succeed(tour, 'createAccessToken', { name: scope, scope }, owner);
    const { token, accessToken } = made.answer;
    const { id } = accessToken;
    const bearer = { headers: { authorization: `Bearer ${token}` } };
    await recorder.post('{ viewer { accessTokens { preview } } }', {}, bearer);
    await change(tour, 'createProject', { name: 'By token' }, bearer);
    await change(tour, 'createAccessToken', { name: 'More', scope }, bearer);
    if (scope === 'READ') continue;
    await succeed(tour, 'revokeAccessToken', { id }, owner);
    await recorder.post('{ viewer { email } }', {}, bearer);
  }
  for (const email of ['member@example.com', 'new@example.com']) {
    const offer = { workspaceId, email, role: 'VIEWER' };
    const invited = await succeed(tour, 'inviteMember', offer, owner);
    const [, invitation] = invited.answer.url.split('#token=');
    await change(tour, 'acceptInvitation', { token: invitation }, owner);
    await change(tour, 'acceptInvitation', { token: invitation });
    const password = newPassword(tour, email);
    const account = { email, password, name: 'Member', invitation };
    await change(tour, 'signUp', { ...account, email: 'other@example.com' });
    await succeed(tour, 'signUp', account);
    await change(tour, 'acceptInvitation', { token: invitation }, owner);
  }
  const left = { workspaceId, email: 'left@example.com', role: 'ADMIN' };
  await succeed(tour, 'inviteMember', left, owner);
}

/** Has the database refuse every row that would hold a secret's digest, and its connections cut. */
async function tourFailures(
  tour: Tour,
  owner: GraphQLOptions,
  secretKey: GraphQLOptions,
  environmentId: string,
): Promise<void> {
  const { $pool } = tour.tools.db;
  const tables = ['users', 'sign_ins', 'access_tokens', 'invitations', 'api_key_secrets'];
  const all = [...tables, 'auth_sessions', 'password_resets', 'log_entries'];
  for (const table of all) {
    // Of the rows that are there nothing is asked.
    await $pool.query(`ALTER TABLE ${table} ADD CONSTRAINT broken CHECK (false) NOT VALID`);
  }
  const email = 'failing@example.com';
  const password = newPassword(tour, 'failing');
  const currentPassword = tour.vault.secrets.find(({ name }) => name === 'password third')!.value;
  const workspaceId = (await tour.tools.db.workspace.findFirstOrThrow()).id;
  for (const [name, input, by] of [
    ['signUp', { email, password, name: 'Failing' }],
    ['signIn', { email: 'owner@example.com', password: currentPassword }],
    ['changePassword', { currentPassword, newPassword: password }, owner],
    ['createAccessToken', { name: 'Failing', scope: 'READ' }, owner],
    ['inviteMember', { workspaceId, email, role: 'VIEWER' }, owner],
    ['createApiKey', { environmentId, name: 'Failing', type: 'SECRET' }, owner],
    ['createProject', { name: 'Failing' }, owner],
    ['startSession', { metadata: { note: bodyMark }, nonce: bodyMark }, secretKey],
  ] as [string, object, GraphQLOptions?][]) {
    const { reply } = await change(tour, name, input, by);
    const code = reply.json?.errors?.[0]?.extensions.code;
    if (code !== 'INTERNAL') throw new Error(`${name} should have failed: ${reply.text}`);
  }
  for (const table of all) await $pool.query(`ALTER TABLE ${table} DROP CONSTRAINT broken`);

  const underWay = change(tour, 'signIn', { email, password }).catch(() => null);
  await $pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  await underWay;
  await change(tour, 'signIn', { email, password });
}

/** Puts secrets of every kind where a caller might by mistake. */
async function misplaceSecrets({ recorder, vault }: Tour): Promise<void> {
  for (const value of oneOfEachKind(vault)) {
    const basic = Buffer.from(`user:${value}`).toString('base64');
    for (const headers of [
      { authorization: value },
      { authorization: `Bearer ${value}` },
      { authorization: `Basic ${basic}` },
      { 'x-api-key': value },
      { 'x-api-key': value, authorization: `Bearer ${value}x` },
      { 'x-auth-token': value },
      { 'x-request-id': value },
      { cookie: `latchkey=${value}` },
      { referer: `http://localhost/reset-password#token=${value}` },
      { 'x-forwarded-for': value },
    ] as Record<string, string>[]) {
      await recorder.post('{ server { version } }', {}, { headers });
    }
    const text = encodeURIComponent(value);
    for (const path of [`/${text}`, `/s/${text}`, `/graphql?apiKey=${text}&query={__typename}`]) {
      await recorder.send(path);
    }
  }
}

/** All that two of them can read in the end. */
async function readEverything(
  { recorder, tools }: Tour,
  actors: readonly GraphQLOptions[],
): Promise<void> {
  const { rows } = await tools.db.$pool.query<{ id: string }>(
    `SELECT id FROM workspaces UNION ALL SELECT id FROM projects UNION ALL SELECT id FROM environments
     UNION ALL SELECT id FROM api_keys UNION ALL SELECT id FROM auth_sessions
     UNION ALL SELECT id FROM log_entries UNION ALL SELECT id FROM users
     UNION ALL SELECT id FROM invitations UNION ALL SELECT id FROM access_tokens
     UNION ALL SELECT id FROM webhook_endpoints UNION ALL SELECT id FROM webhook_deliveries`,
  );
  const walk = createSchemaWalk(schema, limits);
  const operations = startsById(schema, { ids: rows.map(({ id }) => id), workspaces: {} }).flatMap(
    ({ start }) => walk.operationsFrom(start, 1),
  );
  const sending = { server: recorder, walk, markers: { find: () => new Set<string>() } };
  for (const by of actors) await walkAs(sending, operations, by);
}
