import { isCredential, newCredential } from '../credential-format.ts';

/** What every access token begins with. No API key does. */
export const accessTokenPrefix = 'lkp_';

/** A new access token, 53 characters. */
export function newAccessTokenValue(): string {
  return newCredential(accessTokenPrefix);
}

/** Whether the text is shaped like one and its checksum is right. Says nothing of its existence. */
export function isAccessTokenValue(text: string): boolean {
  return text.startsWith(accessTokenPrefix) && text.length === 53 && isCredential(text);
}
