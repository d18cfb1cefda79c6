import type { EnvironmentKind } from '../../../prisma/generated/enums.ts';
import { isLoopback } from '../../platform/config.ts';
import { invalid } from '../validation.ts';

/** Schemes that run or show something by themselves when a link with them is followed. */
const forbiddenSchemes = new Set([
  'javascript:',
  'data:',
  'vbscript:',
  'blob:',
  'file:',
  'about:',
  'view-source:',
  'ftp:',
  'ws:',
  'wss:',
]);

/**
 * A return URL is https (http on loopback outside production) or an app's scheme, and of an origin in
 * the environment's list unless a secret key passed it: whoever holds only a publishable key must not
 * be able to send people anywhere.
 *
 * @throws {ValidationError} naming `returnUrl` and the rule
 */
export function checkReturnUrl(
  url: string,
  { kind, allowedOrigins }: { kind: EnvironmentKind; allowedOrigins: readonly string[] },
  bySecretKey: boolean,
): void {
  const field = 'returnUrl';
  if (!URL.canParse(url)) invalid(field, 'Must be an absolute URL.');
  const { protocol, origin, hostname, username, password } = new URL(url);
  if (forbiddenSchemes.has(protocol)) invalid(field, `Must not use the scheme ${protocol}`);
  if (username || password) invalid(field, 'Must not contain a user name or password.');
  if (protocol === 'http:' && (kind === 'PRODUCTION' || !isLoopback(hostname))) {
    invalid(field, 'Must be https. Plain http is for loopback addresses outside production.');
  }
  if (bySecretKey) return;
  const isWeb = protocol === 'https:' || protocol === 'http:';
  const onLoopback = kind !== 'PRODUCTION' && isLoopback(hostname);
  // An app's scheme has no origin: it is listed as `myapp://`.
  const listed = isWeb ? origin : `${protocol}//`;
  if (!onLoopback && !allowedOrigins.includes(listed)) {
    invalid(field, `Its origin ${listed} is not in the allowed origins of the environment.`);
  }
}
