import { randomUUID } from 'node:crypto';
import type { Call, Tools } from '../domain/call.ts';
import { createLogger } from '../platform/log.ts';

/**
 * The Call of a command that does what people do, as nobody until it makes itself somebody.
 *
 * @param name what the log calls the program
 */
export function callOfCommand(tools: Tools, name: string): Call {
  return {
    ...tools,
    actor: { kind: 'nobody' },
    client: { ip: null, userAgent: name, foreignOrigin: null, crossSite: false },
    requestId: randomUUID(),
    log: createLogger({ level: 'silent' }),
    signInCookie: { set: () => {}, clear: () => {} }, // there is no browser to keep it
    draws: [],
  };
}
