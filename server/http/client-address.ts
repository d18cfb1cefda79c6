import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import proxyAddr from 'proxy-addr';

/** What only a trusted proxy may say of a request. */
export interface ClientAddresses {
  /** The address that the request came from; null where it cannot be told. */
  ipOf(request: IncomingMessage): string | null;
  /** The proxy's X-Request-Id, so that its log and ours can be read together; otherwise a new one. */
  requestIdOf(request: IncomingMessage): string;
}

/** @param trustedProxies addresses, CIDRs and names that proxy-addr knows; empty trusts nobody */
export function createClientAddresses(trustedProxies: readonly string[]): ClientAddresses {
  const isTrusted =
    trustedProxies.length > 0 ? proxyAddr.compile([...trustedProxies]) : () => false;
  const peerOf = ({ socket }: IncomingMessage) => socket.remoteAddress ?? '';

  return {
    ipOf(request) {
      const forwarded = request.headers['x-forwarded-for'] !== undefined;
      const address = forwarded ? proxyAddr(request, isTrusted) : peerOf(request);
      // A socket of both families gives IPv4 addresses in the clothes of IPv6.
      const ip = address?.startsWith('::ffff:') ? address.slice(7) : address;
      return isIP(ip) === 0 ? null : ip;
    },

    requestIdOf(request) {
      const given = request.headers['x-request-id'];
      const isUsable = typeof given === 'string' && /^[\w.-]{1,64}$/.test(given);
      return isUsable && isTrusted(peerOf(request), 0) ? given : randomUUID();
    },
  };
}
