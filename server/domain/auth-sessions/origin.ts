import { actorValues } from '../actor.ts';
import type { Call } from '../call.ts';
import { newId } from '../ids.ts';
import type { Origin } from './effects.ts';

/**
 * Who asks and from where, for the log entry of a start or a move.
 *
 * @param endUser how to call whoever holds only a client secret or a link token
 */
export function originOf(call: Call, endUser: string | null = null): Origin {
  const { kind, id, label } =
    call.actor.kind === 'nobody' && endUser !== null
      ? ({ kind: 'END_USER', id: null, label: endUser } as const)
      : actorValues(call.actor);
  return {
    log_id: newId('logEntry'),
    event_id: newId('outboxEvent'),
    actor_kind: kind,
    actor_id: id,
    actor_label: label,
    ip: call.client.ip,
    user_agent: call.client.userAgent,
    request_id: call.requestId,
  };
}
