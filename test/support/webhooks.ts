/** Receivers of webhooks that remember what they got, and whoever sends to them. */
import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { afterAll, vi } from 'vitest';
import type { Call, Tools } from '../../server/domain/call.ts';
import { type ClaimedDelivery, claimDeliveries } from '../../server/domain/webhooks/claim.ts';
import { createWebhookEndpoint } from '../../server/domain/webhooks/create.ts';
import { deliver } from '../../server/domain/webhooks/deliver.ts';
import type { WebhookEvent } from '../../server/domain/webhooks/events.ts';
import { fanOut } from '../../server/domain/webhooks/fan-out.ts';
import { createOutcomeRecorder } from '../../server/domain/webhooks/record.ts';
import { startDelivery } from '../../server/jobs/deliver-webhooks.ts';
import type { Db } from '../../server/platform/db.ts';
import { createLogger } from '../../server/platform/log.ts';
import type { SignedUp } from './accounts.ts';
import { callAs } from './call.ts';
import { createTestProject } from './projects.ts';
import { receive } from './receivers.ts';
import { callWithKey } from './setup.ts';

export interface Message {
  /** Its `webhook-id`. */
  id: string;
  headers: Record<string, string>;
  body: string;
  event: WebhookEvent;
  /** On the clock of performance.now(). */
  at: number;
}

/** How to answer: a status, or by hand; left undone for ever by doing nothing. */
export type Answer = number | ((message: Message, response: ServerResponse) => unknown);

export interface Receiver {
  url: string;
  /** Everything that came, in order. */
  messages: Message[];
  /** What it answers from now on. */
  answer: Answer;
  /** Waits until so many have come. @throws {Error} they do not */
  got(count: number): Promise<Message[]>;
}

export async function startReceiver(answer: Answer = 204): Promise<Receiver> {
  const { url } = await receive(async (request, response) => {
    const body = await text(request);
    const headers = request.headers as Record<string, string>;
    const id = headers['webhook-id']!;
    const message = { id, headers, body, event: JSON.parse(body), at: performance.now() };
    receiver.messages.push(message);
    const { answer } = receiver;
    if (typeof answer === 'number') response.writeHead(answer).end();
    else await answer(message, response);
  });
  const receiver: Receiver = {
    url: `${url}hooks`,
    messages: [],
    answer,
    async got(count) {
      await vi.waitUntil(() => receiver.messages.length >= count, { timeout: 15_000, interval: 5 });
      return receiver.messages;
    },
  };
  return receiver;
}

/** Delivers from a process of its own, in all but name, until the file or the test ends it. */
export function startTestDelivery(tools: Tools) {
  const errors: string[] = [];
  const destination = { write: (line: string) => void errors.push(line) };
  const delivery = startDelivery(tools, createLogger({ level: 'error', destination }));
  afterAll(async () => {
    await delivery.stop(0);
    if (errors.length > 0) throw new Error(`Delivery failed:\n${errors.join('')}`);
  });
  return delivery;
}

export interface TestEndpoint {
  id: string;
  secret: string;
}

export function addEndpoint(
  call: Call,
  environmentId: string,
  { url }: Pick<Receiver, 'url'>,
  eventTypes?: string[],
): Promise<TestEndpoint> {
  return createWebhookEndpoint(call, { environmentId, url, eventTypes });
}

/** What the public library says of a message. @throws {Error} it was not signed with this secret */
export function verify(secret: string, { body, headers }: Message): WebhookEvent {
  return new Webhook(secret).verify(body, headers) as WebhookEvent;
}

/** Makes what is due at an endpoint now, at most so many, and records it. @returns what was sent */
export async function deliverDue(
  tools: Tools,
  { id }: Pick<TestEndpoint, 'id'>,
  room = 4,
): Promise<ClaimedDelivery[]> {
  while ((await fanOut(tools.db)).more);
  const claimed = await claimDeliveries(tools.db, new Map([[id, room]]));
  const recorder = createOutcomeRecorder(tools.db);
  await Promise.all(
    claimed.map((each) => deliver(tools, recorder, each, new AbortController().signal)),
  );
  return claimed;
}

export interface DeliveryRow {
  id: string;
  eventId: string;
  eventType: string;
  status: string;
  tries: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into attempts of every shape
  attempts: any[];
  /** Until the next attempt, by the database's clock; null: there is none. */
  waitSeconds: number | null;
}

/** An endpoint in an environment of its own, with a server that starts sessions there. */
export async function setUpEndpoint(
  tools: Tools,
  person: SignedUp,
  receiver: Pick<Receiver, 'url'>,
  eventTypes?: string[],
) {
  const owner = callAs(tools, person.actor);
  const project = await createTestProject(tools, person);
  const endpoint = await addEndpoint(owner, project.production.id, receiver, eventTypes);
  const server = await callWithKey(tools, project.production.secret);
  return { project, owner, endpoint, server };
}

/** The deliveries of an endpoint, oldest first. */
export async function readDeliveries(db: Db, endpointId: string): Promise<DeliveryRow[]> {
  const { rows } = await db.$pool.query(
    `SELECT id, event_id AS "eventId", event_type AS "eventType", status, tries, attempts,
       extract(epoch FROM next_attempt_at - now())::float8 AS "waitSeconds"
     FROM webhook_deliveries WHERE endpoint_id = $1 ORDER BY created_at, id`,
    [endpointId],
  );
  return rows;
}

/** Waits until the deliveries of an endpoint are as they should. @throws {Error} with how they are */
export async function untilDeliveries(
  db: Db,
  endpointId: string,
  condition: (deliveries: DeliveryRow[]) => boolean,
): Promise<DeliveryRow[]> {
  let last: DeliveryRow[] = [];
  await vi
    .waitUntil(
      async () => {
        last = await readDeliveries(db, endpointId);
        return condition(last);
      },
      { timeout: 15_000, interval: 10 },
    )
    .catch((cause) => {
      throw new Error(`Deliveries stayed as they are: ${JSON.stringify(last)}`, { cause });
    });
  return last;
}

/** As if the wait for the next attempt were over. */
export async function passWait(db: Db, endpointId: string): Promise<void> {
  await db.$executeRaw`UPDATE webhook_deliveries SET next_attempt_at = now()
    WHERE endpoint_id = ${endpointId} AND status = 'PENDING' AND next_attempt_at > now()`;
}
