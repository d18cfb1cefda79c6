/** What an open socket is told while the database is away and the server is not, and what comes after. */
import { expect, test } from 'vitest';
import { openDb } from '../../server/platform/db.ts';
import { createEvents } from '../../server/platform/events.ts';
import { createTestDatabase } from '../support/database.ts';
import { startDatabaseProxy } from '../support/database-proxy.ts';
import { createTestProject } from '../support/projects.ts';
import { startTestServer } from '../support/server.ts';
import { createSessionApi, withKey } from '../support/session-api.ts';
import { openSocket } from '../support/socket.ts';

const database = await createTestDatabase();
const proxy = await startDatabaseProxy(database.url);
const elsewhere = await startTestServer({ database });
const { masterKeys } = elsewhere.tools;
const db = openDb({ url: proxy.url, poolMax: 10 });
const events = createEvents({ url: proxy.url });
const server = await startTestServer({ database, tools: { db, events, masterKeys } });
const api = createSessionApi(elsewhere);

const counts = 'subscription { liveSessionCounts { lifetime { started } } }';
const log = 'subscription { logAppended { type } }';
const watch =
  'subscription ($secret: String!) { sessionChanged(clientSecret: $secret) { status } }';

test('what runs goes on by itself, and what is new is asked to come again', async () => {
  const { production } = await createTestProject(elsewhere.tools);
  const by = withKey(production.secret);
  const { clientSecret } = await api.start(by);
  const socket = await openSocket(server.url, { init: { apiKey: production.secret } });
  const running = [counts, log].map((query) => socket.subscribe(query));
  running.push(socket.subscribe(watch, { secret: clientSecret }));
  await running[0]!.until(() => true);
  await running[2]!.until(() => true);
  proxy.refuse();
  await api.start(by);
  const refused = socket.subscribe(watch, { secret: clientSecret });
  await expect.poll(() => refused.error ?? refused.results[0]?.errors).toBeTruthy();
  const [{ extensions }] = refused.error ?? refused.results[0].errors;
  expect(extensions.code).toBe('UNAVAILABLE');
  proxy.recover();
  const started = ({ data }: { data: { liveSessionCounts: { lifetime: { started: number } } } }) =>
    data?.liveSessionCounts.lifetime.started === 2;
  await running[0]!.until(started);
  await running[1]!.until(({ data }) => data?.logAppended.type === 'session.started');
  expect(running.map(({ error, isComplete }) => ({ error, isComplete }))).toEqual(
    running.map(() => ({ error: null, isComplete: false })),
  );
  await socket.subscribe(counts).until(started);
  expect(socket.closed).toBeNull();
}, 60_000);
