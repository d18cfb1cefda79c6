import { Resolver, lookup as systemLookup } from 'node:dns/promises';
import { isIPv4, type LookupFunction } from 'node:net';
import { OutboundFault } from './outbound-faults.ts';
import { isPrivateAddress } from './private-addresses.ts';

/** All addresses of a name. @throws {OutboundFault} there are none, or nobody could say */
export type Resolve = (hostname: string, signal: AbortSignal) => Promise<string[]>;

/** How long one DNS server may take for its first answer; the second try takes twice as long. */
const dnsTimeoutMs = 1_500;

/**
 * Asks DNS itself, past getaddrinfo: that runs on libuv's threads, of which it may take two, for
 * as long as it likes. A few endpoints whose DNS server hangs would keep every other name waiting.
 *
 * @param servers instead of the system's
 */
export function createDnsResolve(servers?: string[]): Resolve {
  return async (hostname, signal) => {
    const resolver = new Resolver({ timeout: dnsTimeoutMs, tries: 2 });
    if (servers) resolver.setServers(servers);
    const cancel = () => resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const answers = await Promise.allSettled([
        resolver.resolve4(hostname),
        resolver.resolve6(hostname),
      ]);
      const addresses = answers.flatMap((answer) =>
        answer.status === 'fulfilled' ? answer.value : [],
      );
      if (addresses.length > 0) return addresses;
      throw unresolved(
        hostname,
        answers.map((answer) => (answer.status === 'rejected' ? answer.reason : null)),
      );
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  };
}

const resolveInDns = createDnsResolve();

/**
 * As programs on this machine resolve names: hosts file, search domains, local names. For those who
 * trust their endpoints with private addresses, which often have no other name.
 */
const resolveLocally: Resolve = async (hostname) => {
  try {
    const answers = await systemLookup(hostname, { all: true });
    return answers.map(({ address }) => address);
  } catch (error) {
    throw unresolved(hostname, [error]);
  }
};

function unresolved(hostname: string, reasons: unknown[]): OutboundFault {
  const errors = reasons.filter((reason) => reason instanceof Error) as NodeJS.ErrnoException[];
  // That there is no IPv4 address says little where the question for IPv6 was not answered.
  const cause = errors.find(({ code }) => code !== 'ENOTFOUND' && code !== 'ENODATA');
  const sentence = cause
    ? `The name ${hostname} could not be resolved: ${cause.code}.`
    : `The name ${hostname} has no address.`;
  return new OutboundFault('DNS', sentence, { cause: cause ?? errors[0] });
}

/**
 * The `lookup` of one connection. It is asked once, and what it answers is what is dialled, so no
 * second answer can put another address in place of one that was checked. Private addresses are
 * left out; if there are only such, the connection fails.
 *
 * node:net does not ask it about a literal address: that must be checked before.
 */
export function createLookup(options: {
  allowPrivate: boolean;
  resolve?: Resolve;
  signal: AbortSignal;
}): LookupFunction {
  const resolve = options.resolve ?? (options.allowPrivate ? resolveLocally : resolveInDns);
  const find = async (hostname: string) => {
    const addresses = await resolve(hostname, options.signal);
    const allowed = addresses.filter((each) => options.allowPrivate || !isPrivateAddress(each));
    if (allowed.length > 0) return allowed;
    throw new OutboundFault(
      'ADDRESS_REFUSED',
      `The name ${hostname} leads to a private address, and webhooks are not sent there.`,
    );
  };
  return (hostname, { all }, callback) => {
    // Out of the promise first: what the callback throws is nobody's rejection, and whoever follows
    // the socket is told of it before.
    const answer = (...values: Parameters<typeof callback>) =>
      process.nextTick(() => callback(...values));
    find(hostname).then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: isIPv4(address) ? 4 : 6 }));
        if (all) answer(null, found);
        else answer(null, found[0]!.address, found[0]!.family);
      },
      (error) => answer(error, []),
    );
  };
}
