import { isIP } from 'node:net';
import { type FaultCode, OutboundFault } from './outbound-faults.ts';
import { createLookup, type Resolve } from './outbound-lookup.ts';
import { type Progress, progressOf, send } from './outbound-request.ts';
import { isPrivateAddress } from './private-addresses.ts';

/**
 * HTTP to servers that strangers chose: every wait, every size and every address has a limit.
 *
 * Nothing here reads the proxy variables of the environment: through a proxy, the address that is
 * dialled is not the address that was checked.
 */
export interface OutboundOptions {
  /** Also private addresses and plain HTTP. */
  allowPrivate: boolean;
  /** From the question to DNS to the end of the response. */
  timeoutMs: number;
  /** How much of the response's body is read. The rest is not waited for. */
  bodyBytesMax: number;
  signal?: AbortSignal;
  /** How names become addresses. By DNS unless given, and where private ones are allowed as this machine does. */
  resolve?: Resolve;
}

export type OutboundOutcome =
  | {
      kind: 'response';
      /** Of any kind: a redirect is not followed. */
      status: number;
      /** Names in lower case; the values of one that came repeatedly are joined by commas. */
      headers: Record<string, string>;
      /** As text, without U+0000 and what is not UTF-8. */
      body: string;
      durationMs: number;
      address: string;
    }
  | {
      kind: 'failed';
      /** A sentence for a person. */
      error: string;
      code: FaultCode;
      durationMs: number;
      /** The one dialled last; null if none was. */
      address: string | null;
    };

const urlCharactersMax = 2_048;

/** Why a URL may not be an endpoint, as a sentence; null where it may. What its name leads to shows only when dialled. */
export function checkUrl(url: string, options: { allowPrivate: boolean }): string | null {
  const judged = judgeUrl(url, options);
  return judged instanceof OutboundFault ? judged.message : null;
}

function judgeUrl(text: string, { allowPrivate }: { allowPrivate: boolean }): URL | OutboundFault {
  const invalid = (sentence: string) => new OutboundFault('INVALID_URL', sentence);
  if (text.length > urlCharactersMax)
    return invalid(`Must be at most ${urlCharactersMax} characters long.`);
  // The parser would drop or replace these without a word.
  if (/[\s\p{Cc}\p{Cs}]/u.test(text))
    return invalid('Must not contain spaces or control characters.');
  if (!URL.canParse(text)) return invalid('Must be a URL, like https://example.com/webhooks.');
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:'))
    return invalid('Must begin with https://.');
  if (url.username || url.password) return invalid('Must not contain a user name or password.');
  if (text.includes('#')) return invalid('Must not contain a fragment, the part after #.');
  if (url.port === '0') return invalid('Must not name port 0.');
  if (!allowPrivate && isPrivateHost(url))
    return new OutboundFault('ADDRESS_REFUSED', 'Must not point to a private address.');
  return url;
}

/** Whether a private address shows in the URL itself. Its parser has made one form of the many of an IPv4 address. */
function isPrivateHost(url: URL): boolean {
  const host = hostOf(url);
  // RFC 6761 keeps these names for loopback.
  return isIP(host) ? isPrivateAddress(host) : /(^|\.)localhost\.?$/.test(host);
}

const hostOf = (url: URL) => url.hostname.replace(/^\[(.*)\]$/, '$1');

/**
 * One POST to a receiver, with every limit that keeps a slow, broken or hostile one from doing harm.
 * Never throws for what the network or the receiver did.
 *
 * A body of `bodyBytesMax` or more is cut, and its status counts.
 *
 * @throws the reason of `signal`, once it is aborted; the receiver may have heard the request
 */
export async function post(
  url: string,
  headers: Record<string, string>,
  body: string,
  options: OutboundOptions,
): Promise<OutboundOutcome> {
  const { allowPrivate, timeoutMs, bodyBytesMax, resolve } = options;
  options.signal?.throwIfAborted();
  const startedAt = performance.now();
  const durationMs = () => Math.round(performance.now() - startedAt);
  const judged = judgeUrl(url, options);
  if (judged instanceof OutboundFault) {
    const error = `The endpoint's URL cannot be used. ${judged.message}`;
    return { kind: 'failed', error, code: judged.code, durationMs: durationMs(), address: null };
  }

  const ending = new AbortController();
  const { signal } = ending;
  const progress = progressOf(hostOf(judged));
  const timer = setTimeout(() => ending.abort(lateFault(progress, timeoutMs)), timeoutMs);
  const onAbort = () => ending.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const lookup = createLookup({ allowPrivate, resolve, signal });
    const request = { url: judged, headers, body, allowPrivate, lookup, bodyBytesMax, signal };
    const response = await send(request, progress);
    const address = progress.address ?? '';
    return { kind: 'response', ...response, durationMs: durationMs(), address };
  } catch (error) {
    // An end to the wait breaks the connection: the reason for that end says more.
    const cause = signal.aborted ? signal.reason : error;
    if (!(cause instanceof OutboundFault)) throw cause;
    const { message, code } = cause;
    const { address } = progress;
    return { kind: 'failed', error: message, code, durationMs: durationMs(), address };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
  }
}

const lateSentences: Record<Progress['stage'], string> = {
  resolving: 'The name of the receiver was not resolved',
  connecting: 'No connection was made',
  waiting: 'No response came',
  reading: 'The response did not end',
};

function lateFault({ stage }: Progress, timeoutMs: number): OutboundFault {
  return new OutboundFault('TIMEOUT', `${lateSentences[stage]} within ${timeoutMs / 1_000} s.`);
}
