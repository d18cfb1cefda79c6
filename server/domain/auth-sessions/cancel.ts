import { z } from 'zod';
import { mayTrySessions } from '../access.ts';
import type { Call } from '../call.ts';
import { ForbiddenError, NotFoundError, UnauthenticatedError } from '../errors.ts';
import { storableText, validate } from '../validation.ts';
import { findSession } from './find.ts';
import { move } from './moving.ts';
import { originOf } from './origin.ts';
import type { SessionRecord } from './record.ts';
import { openClientSecret, openLinkToken } from './secrets.ts';
import { oneSelector } from './selectors.ts';

export interface CancelSessionInput {
  sessionId?: string | null;
  clientSecret?: string | null;
  linkToken?: string | null;
  reason?: string | null;
}

const rules = z.object({ reason: storableText(200).nullish() });

/**
 * Cancels a pending session: the waiting device by its client secret, the end user by the link
 * token, a server by a secret key, a user of the dashboard outside production by the session id.
 *
 * @throws {ValidationError} not exactly one selector, or the reason is too long
 * @throws {NotFoundError} @throws {UnauthenticatedError} @throws {ForbiddenError}
 * @throws {SessionStateError} the session is not pending any more
 */
export async function cancelSession(call: Call, input: CancelSessionInput): Promise<SessionRecord> {
  const selector = oneSelector(input, ['sessionId', 'clientSecret', 'linkToken']);
  const reason = validate(rules, input).reason ?? null;
  const { actor, masterKeys } = call;
  const common = { to_status: 'CANCELLED', reason } as const;
  const secretId = actor.kind === 'apiKey' ? actor.key.secretId : null;

  if (selector.field === 'sessionId') {
    await demandSessionById(call, selector.value, 'cancel');
    return move(call, {
      ...originOf(call),
      ...common,
      id: selector.value,
      secret_id: secretId,
      outside_production: actor.kind === 'user',
    });
  }
  const [opened, endUser] =
    selector.field === 'clientSecret'
      ? [openClientSecret(masterKeys, selector.value), 'Waiting device']
      : [openLinkToken(masterKeys, selector.value), 'End user'];
  if (opened === null) throw new NotFoundError('The session');
  return move(call, {
    ...originOf(call, endUser),
    ...common,
    ...opened,
    secret_id: secretId,
    outside_production: false,
  });
}

/**
 * Whoever names a session by its id alone is a server with a secret key, or a user outside production.
 *
 * @param verb for the message: "cancel"
 */
export async function demandSessionById(call: Call, id: string, verb: string): Promise<void> {
  const { actor } = call;
  if (actor.kind === 'apiKey') {
    if (actor.key.type === 'SECRET') return; // the write checks that it is of its environment
    throw new ForbiddenError(`A publishable key may ${verb} a session by its client secret only.`);
  }
  if (actor.kind !== 'user') {
    throw new UnauthenticatedError(
      'Naming a session by its id takes a secret key or a signed-in user. A device uses its client secret.',
    );
  }
  const session = await findSession(call, id);
  if (!session) throw new NotFoundError('The session');
  const { workspaceId, environmentKind: kind } = session;
  if (!mayTrySessions(call, { workspaceId, kind })) {
    throw new ForbiddenError(
      kind === 'PRODUCTION'
        ? `In production it takes an API key to ${verb} a session.`
        : `To ${verb} a session takes the role Developer or higher.`,
    );
  }
}
