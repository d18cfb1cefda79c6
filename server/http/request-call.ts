import type { Actor, Client } from '../domain/actor.ts';
import type { Draw } from '../domain/budgets.ts';
import type { Call, SignInCookie, Tools } from '../domain/call.ts';
import { cleanText } from '../domain/validation.ts';
import type { Logger } from '../platform/log.ts';
import type { ClientAddresses } from './client-address.ts';
import type { Exchange } from './replies.ts';
import { foreignOriginOf, isCrossSite, type Site } from './site.ts';

const userAgentCharactersMax = 512;
const originCharactersMax = 512;

/** Where a request came from. */
export function describeClient(
  { request }: Pick<Exchange, 'request'>,
  site: Site,
  addresses: ClientAddresses,
): Client {
  const { headers } = request;
  const userAgent = headers['user-agent'];
  const foreignOrigin = foreignOriginOf(headers, site);
  return {
    ip: addresses.ipOf(request),
    userAgent: userAgent ? cleanText(userAgent, userAgentCharactersMax) : null,
    foreignOrigin: foreignOrigin === null ? null : cleanText(foreignOrigin, originCharactersMax),
    crossSite: isCrossSite(headers, site),
  };
}

/**
 * The Call of one request. Not to be spread: `log` is on its prototype.
 *
 * An object literal with a getter would get a hidden class of its own (see `headersOf`).
 */
export function createCall(tools: Tools, origin: RequestOrigin): Call {
  return Object.assign(new RequestScope(origin), tools);
}

/** What a Call has beside the tools. */
class RequestScope {
  actor: Actor;
  readonly client: Client;
  readonly requestId: string;
  readonly signInCookie: SignInCookie;
  readonly draws: Draw[] = [];
  readonly #parentLog: Logger;
  #log: Logger | null = null;

  constructor({ requestId, actor, client, signInCookie, log }: RequestOrigin) {
    this.actor = actor;
    this.client = client;
    this.requestId = requestId;
    this.signInCookie = signInCookie;
    this.#parentLog = log;
  }

  /** Made when first asked for: most requests log nothing. */
  get log(): Logger {
    const { requestId, actor } = this;
    this.#log ??= this.#parentLog.child({ requestId, actor: describeActor(actor) });
    return this.#log;
  }
}

interface RequestOrigin {
  requestId: string;
  actor: Actor;
  client: Client;
  signInCookie: SignInCookie;
  log: Logger;
}

/** For the log: who, by id. */
function describeActor(actor: Actor): { kind: Actor['kind']; id?: string; accessTokenId?: string } {
  if (actor.kind === 'user') {
    const { id, accessToken } = actor;
    return { kind: 'user', id, ...(accessToken && { accessTokenId: accessToken.id }) };
  }
  if (actor.kind === 'apiKey') return { kind: 'apiKey', id: actor.key.id };
  return { kind: actor.kind };
}
