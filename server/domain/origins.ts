/**
 * Origins, as an environment lists them: `https://app.example.com`, as browsers send it, or the
 * scheme of an app, `myapp://`.
 */
import type { EnvironmentKind } from '../../prisma/generated/enums.ts';
import { isLoopback } from '../platform/config.ts';

/** Schemes that run or show something by themselves when a link with them is followed. */
const notAppSchemes = new Set(
  'about blob chrome data file filesystem ftp http https intent javascript mailto sms tel vbscript view-source ws wss'.split(
    ' ',
  ),
);

/** Whether a scheme can only be that of an app. @param scheme with its colon, as URL.protocol has it */
export function isAppScheme(scheme: string): boolean {
  return !notAppSchemes.has(scheme.slice(0, -1).toLowerCase());
}

/** Whether the text can stand in the list. */
export function isOrigin(text: string): boolean {
  const scheme = /^([a-z][a-z0-9+.-]*:)\/\/$/i.exec(text)?.[1];
  if (scheme) return isAppScheme(scheme);
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false;
  const { href, origin, hostname } = new URL(text);
  return href === `${origin}/` && !hostname.includes('*'); // no browser sends one
}

/** As browsers send it: in lower case, without the default port. @param text an origin */
export function canonicalOrigin(text: string): string {
  return text.endsWith('://') ? text.toLowerCase() : new URL(text).origin;
}

/** What of a URL stands in the list: its origin, or its scheme where that is an app's. */
export function originOfUrl({ protocol, origin }: URL): string {
  return isAppScheme(protocol) ? `${protocol}//` : origin;
}

/** Outside production loopback origins are always allowed: development starts without settings. */
export function isOriginAllowed(
  origin: string,
  { kind, allowedOrigins }: { kind: EnvironmentKind; allowedOrigins: readonly string[] },
): boolean {
  if (allowedOrigins.includes(origin)) return true;
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  // The page of an app's web view: `capacitor://localhost` is of `capacitor://`.
  if (isAppScheme(url.protocol)) return allowedOrigins.includes(originOfUrl(url));
  return kind !== 'PRODUCTION' && isLoopback(url.hostname);
}
