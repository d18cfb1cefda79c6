import { z } from 'zod';
import type { Call } from '../call.ts';
import { NotFoundError } from '../errors.ts';
import { signProof, type UsedSession } from '../proof.ts';
import { storableText, validate } from '../validation.ts';
import { demandSessionById } from './cancel.ts';
import { readSession } from './find.ts';
import type { Move } from './move.ts';
import { move } from './moving.ts';
import { originOf } from './origin.ts';
import { openClientSecret } from './secrets.ts';
import { oneSelector } from './selectors.ts';

export interface ExchangeSessionInput {
  sessionId?: string | null;
  clientSecret?: string | null;
  idempotencyKey?: string | null;
}

const rules = z.object({
  idempotencyKey: storableText(255).min(1, 'Must not be empty.').nullish(),
});

/**
 * Exchanges a confirmed session for its proof, exactly once: a server the sessions that secret keys
 * started, a device by its client secret those started without one, a user of the dashboard any
 * outside production.
 *
 * @returns the session, now USED, and its proof, a signed JWT
 * @throws {ValidationError} not exactly one selector
 * @throws {NotFoundError} @throws {UnauthenticatedError} @throws {ForbiddenError}
 * @throws {SessionStateError} it is not confirmed, was exchanged before, or its window is over
 */
export async function exchangeSession(
  call: Call,
  input: ExchangeSessionInput,
): Promise<{ session: UsedSession; proof: string }> {
  const selector = oneSelector(input, ['sessionId', 'clientSecret']);
  const exchangeKey = validate(rules, input).idempotencyKey ?? null;
  const { actor, masterKeys, signingKeys } = call;

  let who: Pick<Move, 'id' | 'master_key_id' | 'started_with_secret' | 'outside_production'>;
  if (selector.field === 'sessionId') {
    const id = selector.value;
    await demandSessionById(call, id, 'exchange');
    who =
      actor.kind === 'user'
        ? { id, started_with_secret: null, outside_production: true }
        : { id, started_with_secret: true, outside_production: false };
  } else {
    const opened = openClientSecret(masterKeys, selector.value);
    if (opened === null) throw new NotFoundError('The session');
    // A secret key's session is exchanged by its server alone: the waiting device only watches.
    who = { ...opened, started_with_secret: false, outside_production: false };
  }
  const session = (await move(call, {
    ...originOf(call, 'Waiting device'),
    ...who,
    to_status: 'USED',
    secret_id: actor.kind === 'apiKey' ? actor.key.secretId : null,
    exchange_key: exchangeKey,
    proof_key_id: (await signingKeys.current()).id,
  })) as UsedSession;
  const environment = await environmentKindOf(call, session);
  return { session, proof: await signProof(signingKeys, call.publicUrl, session, environment) };
}

/** The kind is fixed at creation, so reading it after the exchange is safe; a deleted one has no proof. */
async function environmentKindOf(call: Call, session: UsedSession) {
  if (call.actor.kind === 'apiKey') return call.actor.key.environmentKind;
  const found = await readSession(call.db, session.id);
  if (!found) throw new NotFoundError('The session');
  return found.environmentKind;
}
