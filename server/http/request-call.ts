import type { Actor, Call, Client, Tools } from '../domain/call.ts';
import { cleanText } from '../domain/validation.ts';
import type { Logger } from '../platform/log.ts';
import type { ClientAddresses } from './client-address.ts';
import type { Exchange } from './replies.ts';
import { ReplyCookie } from './sign-in-cookie.ts';
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

/** The Call of one request. What few requests use is made when first asked for. */
export function createCall(
  tools: Tools,
  { request, response, requestId }: Exchange,
  { actor, client, site, log }: { actor: Actor; client: Client; site: Site; log: Logger },
): Call {
  let ownLog: Logger | undefined;
  let cookie: ReplyCookie | undefined;
  return {
    ...tools,
    actor,
    client,
    requestId,
    get log() {
      ownLog ??= log.child({ requestId, actor: describeActor(actor) });
      return ownLog;
    },
    get signInCookie() {
      cookie ??= new ReplyCookie(request, response, site);
      return cookie;
    },
  };
}

/** For the log: who, by id. */
function describeActor(actor: Actor): { kind: Actor['kind']; id?: string } {
  if (actor.kind === 'user') return { kind: 'user', id: actor.id };
  if (actor.kind === 'apiKey') return { kind: 'apiKey', id: actor.key.id };
  return { kind: actor.kind };
}
