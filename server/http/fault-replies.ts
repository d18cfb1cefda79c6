import type { OutgoingHttpHeaders } from 'node:http';
import type { Logger } from '../platform/log.ts';
import { SignInEndedError } from './authenticate.ts';
import { faultReply, refuse } from './faults.ts';
import { limits } from './limits.ts';
import { type Exchange, readableByAllOrigins, replyWithJson } from './replies.ts';
import { BodyAbortedError, BodyTooLargeError } from './request-body.ts';
import { ReplyCookie } from './sign-in-cookie.ts';
import type { Site } from './site.ts';

const bodyTooLarge = refuse(
  'QUERY_TOO_COMPLEX',
  `The body must be at most ${limits.bodyBytesMax} bytes long.`,
  { status: 413 },
);

/** Answers what ended a request before anything of its answer was sent. */
export function replyWithFault(
  exchange: Exchange,
  error: unknown,
  { site, log }: { site: Site; log: Logger },
  own: OutgoingHttpHeaders = {},
): void {
  if (error instanceof BodyAbortedError) return;
  const { request, response, requestId } = exchange;
  if (error instanceof SignInEndedError) new ReplyCookie(request, response, site).clear();
  const shown = error instanceof BodyTooLargeError ? bodyTooLarge : error;
  const by = { requestId, log: log.child({ requestId }) };
  const { code, status, headers, body } = faultReply(shown, by);
  exchange.outcome = code;
  replyWithJson(exchange, status, body, readableByAllOrigins, own, headers);
}
