import type { EnvironmentKind } from '../../../prisma/generated/enums.ts';
import { isLoopback } from '../../platform/config.ts';
import { isAppScheme, isOriginAllowed, originOfUrl } from '../origins.ts';
import { invalid } from '../validation.ts';

const field = 'returnUrl';

/**
 * A return URL is https (http on loopback outside production) or an app's scheme, and of an origin in
 * the environment's list unless a secret key passed it: whoever holds only a publishable key must not
 * be able to send people anywhere.
 *
 * @returns the URL as a browser writes it
 * @throws {ValidationError} naming `returnUrl` and the rule
 */
export function checkReturnUrl(
  text: string,
  environment: { kind: EnvironmentKind; allowedOrigins: readonly string[] },
  bySecretKey: boolean,
): string {
  if (!URL.canParse(text)) invalid(field, 'Must be an absolute URL.');
  const url = new URL(text);
  const { protocol, hostname } = url;
  if (protocol === 'http:') {
    if (environment.kind === 'PRODUCTION' || !isLoopback(hostname)) {
      invalid(field, 'Must be https. Plain http is for loopback addresses outside production.');
    }
  } else if (protocol !== 'https:' && !isAppScheme(protocol)) {
    invalid(field, `Must not use the scheme ${protocol}`);
  }
  if (url.username || url.password) invalid(field, 'Must not contain a user name or password.');
  const origin = originOfUrl(url);
  if (!bySecretKey && !isOriginAllowed(origin, environment)) {
    invalid(field, `Its origin ${origin} is not in the allowed origins of the environment.`);
  }
  return url.href;
}
