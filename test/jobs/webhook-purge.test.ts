/** What of webhooks goes, and when. */
import type { QueryConfig } from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import { deleteEnvironment } from '../../server/domain/environments/delete.ts';
import { deleteProject } from '../../server/domain/projects/delete.ts';
import { purgeDeleted } from '../../server/domain/purge.ts';
import { deleteWebhookEndpoint } from '../../server/domain/webhooks/delete.ts';
import { loadDelivery } from '../../server/domain/webhooks/deliveries.ts';
import { fanOut } from '../../server/domain/webhooks/fan-out.ts';
import { purgeOldDeliveries } from '../../server/domain/webhooks/purge.ts';
import {
  purgeWebhookSecrets,
  regenerateWebhookSecret,
} from '../../server/domain/webhooks/secrets.ts';
import { sendTestWebhook } from '../../server/domain/webhooks/send-test.ts';
import type { Db } from '../../server/platform/db.ts';
import { type SignedUp, signUpSomebody } from '../support/accounts.ts';
import { callAs } from '../support/call.ts';
import { countWaiting, inOpenTransaction } from '../support/open-transaction.ts';
import { setUpTools } from '../support/setup.ts';
import { addEndpoint, deliverDue, setUpEndpoint, startReceiver } from '../support/webhooks.ts';

const tools = await setUpTools();
const { db } = tools;
const system = callAs(tools, { kind: 'system', reason: 'purge-deleted' });
let person: SignedUp;
beforeAll(async () => {
  person = await signUpSomebody(tools);
});

/** What is left of an environment's webhooks. */
async function countRows(environmentId: string) {
  const { rows } = await db.$pool.query(
    `SELECT (SELECT count(*) FROM outbox_events WHERE environment_id = $1)::int AS events,
       (SELECT count(*) FROM webhook_deliveries WHERE environment_id = $1)::int AS deliveries,
       (SELECT count(*) FROM webhook_endpoints WHERE environment_id = $1)::int AS endpoints,
       (SELECT count(*) FROM webhook_secrets s WHERE NOT EXISTS
         (SELECT FROM webhook_endpoints w WHERE w.id = s.endpoint_id))::int AS secrets`,
    [environmentId],
  );
  return rows[0];
}

/** Two endpoints that were each told of three sessions. */
async function setUpTwo() {
  const set = await setUpEndpoint(tools, person, await startReceiver());
  const environmentId = set.project.production.id;
  const second = await addEndpoint(set.owner, environmentId, await startReceiver());
  for (let n = 0; n < 3; n += 1) await startSession(set.server, {});
  for (const endpoint of [set.endpoint, second]) await deliverDue(tools, endpoint);
  return { ...set, second, environmentId };
}

test('an endpoint’s deliveries cannot be read once it is deleted, and go; an event goes with its last', async () => {
  const { owner, endpoint, second, environmentId } = await setUpTwo();
  const { id } = (await db.webhookDelivery.findFirst({ where: { endpointId: endpoint.id } }))!;
  expect(await loadDelivery(owner, id)).not.toBeNull();
  await deleteWebhookEndpoint(owner, endpoint);
  expect(await loadDelivery(owner, id)).toBeNull();
  await purgeDeleted(system);
  expect(await countRows(environmentId)).toMatchObject({ events: 3, deliveries: 3, endpoints: 1 });
  await deleteWebhookEndpoint(owner, second);
  await purgeDeleted(system);
  expect(await countRows(environmentId)).toMatchObject({ events: 0, deliveries: 0, endpoints: 0 });
});

test('both of two that purge at once leave nothing of events whose endpoints are both gone', async () => {
  const { owner, endpoint, second, environmentId } = await setUpTwo();
  await deleteWebhookEndpoint(owner, endpoint);
  await deleteWebhookEndpoint(owner, second);
  await Promise.all(Array.from({ length: 4 }, () => purgeDeleted(system)));
  expect(await countRows(environmentId)).toMatchObject({ events: 0, deliveries: 0 });
});

test('with an environment or a project go its webhooks, and events that have no deliveries yet', async () => {
  const of = await setUpTwo();
  await startSession(of.server, {});
  await deleteProject(of.owner, { id: of.project.id, confirmName: 'Shop' });
  await purgeDeleted(system);
  const gone = { events: 0, deliveries: 0, endpoints: 0, secrets: 0 };
  expect(await countRows(of.environmentId)).toEqual(gone);

  const { owner, project } = await setUpTwo();
  const { id } = project.development;
  await addEndpoint(owner, id, await startReceiver());
  await deleteEnvironment(owner, { id, confirmName: 'Development' });
  await purgeDeleted(system);
  expect(await countRows(id)).toEqual(gone);
});

test('an event that nobody wants any more when its turn comes goes at once', async () => {
  const { owner, endpoint, server, project } = await setUpEndpoint(
    tools,
    person,
    await startReceiver(),
  );
  await startSession(server, {});
  await deleteWebhookEndpoint(owner, endpoint);
  while ((await fanOut(db)).more);
  expect(await countRows(project.production.id)).toMatchObject({ events: 0, deliveries: 0 });
});

test('an endpoint that goes while deliveries are being made leaves none, whoever is first', async () => {
  const { owner, endpoint, server, project } = await setUpEndpoint(
    tools,
    person,
    await startReceiver(),
  );
  const environmentId = project.production.id;
  const gone = { events: 0, deliveries: 0 };

  // Deleted, and all of it removed, between the look for who wants the event and the writing.
  await startSession(server, {});
  const stalled = {
    query: async (query: QueryConfig) => {
      if (query.name === 'webhooks-fan-out') {
        await deleteWebhookEndpoint(owner, endpoint);
        await db.$executeRaw`UPDATE purge_tasks SET created_at = now() - interval '1 hour'`;
        await purgeDeleted(system);
      }
      return db.$pool.query(query);
    },
  };
  expect(await fanOut({ $pool: stalled } as unknown as Db)).toMatchObject({ endpointIds: [] });
  expect(await countRows(environmentId)).toMatchObject(gone);

  // Deleted while the writing, which had begun, waits for somebody.
  const second = await addEndpoint(owner, environmentId, await startReceiver());
  await startSession(server, {});
  await inOpenTransaction(db, 'SELECT FROM outbox_events FOR UPDATE', async (commit) => {
    const fanningOut = fanOut(db);
    await expect.poll(() => countWaiting(db)).toBe(1);
    await deleteWebhookEndpoint(owner, second);
    await commit();
    expect(await fanningOut).toMatchObject({ endpointIds: [second.id] });
  });
  await purgeDeleted(system);
  expect(await countRows(environmentId)).toMatchObject(gone);
});

test('deliveries are kept as long as logs are, what was missed for two weeks at least, what waits for ever', async () => {
  const { owner, project, endpoint } = await setUpEndpoint(tools, person, await startReceiver());
  await db.workspace.update({
    where: { id: project.workspaceId },
    data: { logRetentionDays: 7 },
  });
  const kept: string[] = [];
  for (const [status, days, stays] of [
    ['DELIVERED', 6, true],
    ['DELIVERED', 8, false],
    ['FAILED', 13, true],
    ['FAILED', 15, false],
    ['PENDING', 40, true],
  ] as const) {
    const { id } = await sendTestWebhook(owner, endpoint);
    if (stays) kept.push(id);
    await db.$executeRaw`UPDATE webhook_deliveries SET status = ${status}::delivery_status,
        next_attempt_at = CASE WHEN ${status} = 'PENDING' THEN now() END,
        created_at = now() - make_interval(days => ${days}) WHERE id = ${id}`;
  }
  await purgeOldDeliveries(db);
  const left = await db.webhookDelivery.findMany({ where: { endpointId: endpoint.id } });
  expect(left.map(({ id }) => id).sort()).toEqual(kept.sort());
  expect(await countRows(project.production.id)).toMatchObject({ events: 3, deliveries: 3 });
});

test('a secret whose overlap is over goes', async () => {
  const { owner, endpoint } = await setUpEndpoint(tools, person, await startReceiver());
  await regenerateWebhookSecret(owner, { id: endpoint.id, overlapSeconds: 60 });
  const count = () => db.webhookSecret.count({ where: { endpointId: endpoint.id } });
  await purgeWebhookSecrets(tools);
  expect(await count()).toBe(2);
  await db.$executeRaw`UPDATE webhook_secrets SET ends_at = now() WHERE ends_at IS NOT NULL`;
  await purgeWebhookSecrets(tools);
  expect(await count()).toBe(1);
});
