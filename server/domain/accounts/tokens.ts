import { randomBytes } from 'node:crypto';

/** 32 random bytes in base64url: 43 characters. The database holds only its digest. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** Whether the text could be such a token: junk is refused without asking the database. */
export function isToken(text: string): boolean {
  return /^[\w-]{43}$/.test(text);
}
