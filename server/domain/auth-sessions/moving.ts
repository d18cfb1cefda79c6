import { environmentOfKey } from '../access.ts';
import { actorValues } from '../actor.ts';
import { refusal, refusalSql } from '../api-keys/refusal.ts';
import type { Call } from '../call.ts';
import {
  ChannelUnavailableError,
  ForbiddenError,
  NotFoundError,
  type SessionStateCode,
  SessionStateError,
  type UnauthenticatedError,
  UserCodeMismatchError,
} from '../errors.ts';
import { kindOfId } from '../ids.ts';
import { invalid } from '../validation.ts';
import { readSession, type SessionInPlace } from './find.ts';
import { type Move, wrongUserCodesMax } from './move.ts';
import type { SessionRecord } from './record.ts';

/**
 * A look may find that the reason is gone again: a key switched back on, or another's wrong code, which
 * took the turn and left the session pending. The latter happens no more often than codes may be wrong.
 */
const triesMax = wrongUserCodesMax + 1;

/**
 * Makes one transition, or says why not.
 *
 * The write comes first and alone decides; only who lost looks, to name the state that it found. An
 * exchange that repeats the idempotency key of the one that won gets the same answer for a minute.
 *
 * @throws {DomainError} the reason, as the callers of this list them
 */
export async function move(call: Call, item: Move): Promise<SessionRecord> {
  // Checked here, because items of many requests share a statement: one that cannot be stored or
  // compared must not reach it.
  if (kindOfId(item.id) !== 'authSession') throw new NotFoundError('The session');
  if (call.actor.kind === 'user') await demandWithinKey(call, item.id);
  for (let tries = 0; tries < triesMax; tries += 1) {
    const result = await call.sessionWriter.move(item);
    if ('session' in result) return result.session;
    if ('triesLeft' in result) throw new UserCodeMismatchError(result.triesLeft);
    const session = await readSession(call.db, item.id);
    await explain(call, item, session);
    if (session && isReplay(item, session)) return session;
  }
  throw new Error('The session could not be moved, and nothing says why.');
}

/**
 * With a key beside their access token, a user reaches sessions of its environment only, whatever
 * secrets they hold. No statement of the write says so, and none need: a session never changes its
 * environment.
 *
 * @throws {NotFoundError} the session is of another environment
 */
async function demandWithinKey(call: Call, id: string): Promise<void> {
  const only = environmentOfKey(call.actor);
  if (only === null) return;
  const session = await readSession(call.db, id);
  if (session?.environmentId !== only) throw new NotFoundError('The session');
}

function isReplay(item: Move, session: SessionInPlace): boolean {
  return (
    item.to_status === 'USED' &&
    session.status === 'USED' &&
    session.justUsed &&
    item.exchange_key != null &&
    item.exchange_key === session.exchangeKey
  );
}

/** Throws what stands in the way; returns where nothing does (any more). */
async function explain(call: Call, item: Move, session: SessionInPlace | null): Promise<void> {
  if (item.secret_id !== null) {
    const { rows } = await call.db.$pool.query(
      `SELECT ${refusalSql} AS refused FROM (SELECT $1::text AS id) i
       LEFT JOIN api_key_secrets s ON s.id = i.id LEFT JOIN api_keys k ON k.id = s.api_key_id`,
      [item.secret_id],
    );
    if (rows[0].refused) throw noteRefusal(call, item, refusal(rows[0].refused));
  }
  const { actor } = call;
  const isOpen = item.master_key_id === undefined || item.master_key_id === session?.masterKeyId;
  const isOurs = actor.kind !== 'apiKey' || actor.key.environmentId === session?.environmentId;
  if (!session || !isOpen || !isOurs) {
    throw new NotFoundError('The session');
  }
  if (item.channel === 'TEST' && !session.testConfirmations) {
    throw new ChannelUnavailableError(
      'TEST',
      'This environment has no test confirmations. Confirm with a secret key, or allow them outside production.',
    );
  }
  if (item.started_with_secret != null) explainExchanger(item.started_with_secret, session);
  explainState(item, session);
}

/** Counted and logged like any other refusal of the key. */
function noteRefusal(call: Call, { to_status }: Move, error: UnauthenticatedError): Error {
  const { actor, client, requestId } = call;
  if (actor.kind === 'apiKey') {
    call.refusals.note({
      type: 'key.refused',
      reason: error.reason!,
      message: `API key refused (session to be ${to_status.toLowerCase()}): ${error.message}`,
      environmentId: actor.key.environmentId,
      apiKeyId: actor.key.id,
      actor: actorValues(actor),
      client,
      requestId,
    });
  }
  return error;
}

function explainExchanger(withSecretKey: boolean, { startedWith }: SessionInPlace): void {
  const startedWithSecretKey = startedWith === 'SECRET_KEY';
  if (startedWithSecretKey === withSecretKey) return;
  throw new ForbiddenError(
    startedWithSecretKey
      ? 'This session was started with a secret key, so only a secret key may exchange it.'
      : 'This session was started without a secret key, so it is exchanged with its client secret.',
  );
}

function explainState(item: Move, session: SessionInPlace): void {
  const { status } = session;
  const fail = (code: SessionStateCode, message: string): never => {
    throw new SessionStateError(code, status, message);
  };
  if (item.to_status === 'USED') {
    if (status === 'USED' && !isReplay(item, session)) {
      fail('SESSION_ALREADY_USED', 'This session was exchanged before, and can be only once.');
    }
    if (status === 'EXPIRED') fail('SESSION_EXPIRED', 'This session expired unconfirmed.');
    if (status === 'PENDING') fail('SESSION_NOT_CONFIRMED', 'This session is not confirmed yet.');
    if (status === 'CANCELLED') fail('SESSION_NOT_CONFIRMED', 'This session was cancelled.');
    if (status === 'CONFIRMED' && session.exchangeWindowOver) {
      fail('EXCHANGE_WINDOW_OVER', 'This session had to be exchanged within 5 minutes.');
    }
    return;
  }
  if (status === 'EXPIRED') fail('SESSION_EXPIRED', 'This session has expired. Start a new one.');
  if (status !== 'PENDING') {
    fail('SESSION_NOT_PENDING', `This session is ${status.toLowerCase()} already.`);
  }
  if (item.to_status === 'CONFIRMED' && session.requireUserCode && item.user_code == null) {
    invalid('userCode', 'This project requires the code that the waiting device shows.');
  }
}
