/** The sessions of a world: in each environment some, in production of p1 one in every state. */
import { cancelSession } from '../../server/domain/auth-sessions/cancel.ts';
import { confirmSession } from '../../server/domain/auth-sessions/confirm.ts';
import { exchangeSession } from '../../server/domain/auth-sessions/exchange.ts';
import { expireSessions } from '../../server/domain/auth-sessions/expire.ts';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import type { Call } from '../../server/domain/call.ts';
import { callAs, nobody } from './call.ts';
import type { Markers } from './markers.ts';
import { passDeadline } from './sessions.ts';
import { callWithKey } from './setup.ts';
import { originOf, requestOf, type WorldEnvironment, type WorldInProgress } from './world.ts';

export interface StartedSession {
  label: string;
  id: string;
  clientSecret: string;
  linkToken: string;
}

const everyFate = ['pending', 'confirmed', 'cancelled', 'expired', 'used'] as const;
type Fate = (typeof everyFate)[number];

export async function addSessions(
  world: WorldInProgress,
  environment: WorldEnvironment,
): Promise<void> {
  const isMain = environment.label === 'w1-p1-production';
  for (const fate of isMain ? everyFate : (['pending', 'used'] as const)) {
    const label = `${environment.label}-session-${fate}`;
    const call = await callOfServer(world, environment);
    world.sessions.push(await addSession(world, environment, call, label, fate));
  }
  if (environment.label === 'w1-p1-staging') {
    const call = await requestOf(world, 'developer');
    const label = `${environment.label}-session-tried`;
    world.sessions.push(await addSession(world, environment, call, label, 'pending'));
  }
}

/** With the environment's secret key; with its publishable one where it has no other. */
async function callOfServer(
  { tools, markers }: WorldInProgress,
  { label, keys }: WorldEnvironment,
): Promise<Call> {
  const which = keys.secret ? 'secret' : 'publishable';
  const ip = markers.plantIp(`${label}-key-${which}-ip`);
  const userAgent = markers.plant(`${label}-key-${which}-agent`);
  const call = await callWithKey(tools, keys[which]!.value, { ip, userAgent });
  return Object.assign(call, { requestId: markers.plant(`${label}-log-session-request`) });
}

function callOfDevice({ tools, markers }: WorldInProgress, label: string): Call {
  const ip = markers.plantIp(`${label}-ip`);
  return callAs(tools, nobody, { ip, userAgent: markers.plant(`${label}-agent`) });
}

async function addSession(
  world: WorldInProgress,
  environment: WorldEnvironment,
  call: Call,
  label: string,
  fate: Fate,
): Promise<StartedSession> {
  const { tools, markers } = world;
  const bySecret = call.actor.kind === 'apiKey' && call.actor.key.type === 'SECRET';
  const byUser = call.actor.kind === 'user';
  const device = byUser ? call : callOfDevice(world, `${label}-device`);
  const starter = bySecret ? call : Object.assign(device, { actor: call.actor });
  const started = await startSession(starter, {
    metadata: { note: markers.plant(`${label}-metadata`) },
    nonce: markers.plant(`${label}-hidden-nonce`),
    returnUrl: `${originOf(markers, environment.label)}/${markers.plant(`${label}-opened-return`)}`,
    ...(byUser && { environmentId: environment.id }),
    ...(bySecret && {
      idempotencyKey: markers.plant(`${label}-hidden-idempotency`),
      endUserIp: device.client.ip,
      endUserAgent: device.client.userAgent,
    }),
  });
  const { session, clientSecret, linkToken } = started;
  const { id } = session;
  markers.learn(`${label}-id`, id);
  markers.learn(`${label}-code`, session.userCode);

  if (fate === 'confirmed' || fate === 'used') {
    const subject = plantSubject(markers, label);
    if (bySecret) await confirmSession(call, { sessionId: id, subject });
    else await confirmSession(callOfDevice(world, `${label}-phone`), { linkToken, subject });
  }
  if (fate === 'used') await exchangeSession(call, bySecret ? { sessionId: id } : { clientSecret });
  if (fate === 'cancelled') {
    await cancelSession(call, { sessionId: id, reason: markers.plant(`${label}-reason`) });
  }
  if (fate === 'expired') {
    await passDeadline(tools.db, id);
    await expireSessions(callAs(tools, { kind: 'system', reason: 'sweep' }));
  }
  return { label, id, clientSecret, linkToken };
}

let phones = 7_310_000;

function plantSubject(markers: Markers, label: string) {
  phones += 1;
  return {
    id: markers.plant(`${label}-subject-id`),
    name: markers.plant(`${label}-subject-name`),
    username: markers.plant(`${label}-subject-username`),
    email: `${markers.plant(`${label}-subject-email`)}@example.com`,
    phone: `+${markers.plantNumber(`${label}-subject-phone`, phones)}`,
    picture: `https://${markers.plant(`${label}-subject-picture`)}.example/`,
  };
}
