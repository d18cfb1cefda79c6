/** Words of the API as people read them. A newer server may send others: they are shown as they are. */

export const kindNames: Readonly<Record<string, string>> = {
  PRODUCTION: 'Production',
  STAGING: 'Staging',
  DEVELOPMENT: 'Development',
  CUSTOM: 'Custom',
};

export const roleNames: Readonly<Record<string, string>> = {
  OWNER: 'Owner',
  ADMIN: 'Admin',
  DEVELOPER: 'Developer',
  VIEWER: 'Viewer',
};

export const roleHints: Readonly<Record<string, string>> = {
  OWNER: 'Also other owners and the workspace itself.',
  ADMIN: 'Also projects, everything in production, settings, deletion and members.',
  DEVELOPER: 'Also keys, webhooks and environments outside production.',
  VIEWER: 'Reads all but secrets.',
};

export const refusalReasons: Readonly<Record<string, string>> = {
  UNKNOWN: 'No such key',
  INACTIVE: 'Switched off',
  EXPIRED: 'Expired',
  DELETED: 'Deleted',
  ROTATED_OUT: 'An earlier secret, regenerated since',
  WRONG_ENVIRONMENT: 'Belongs to another environment',
  ORIGIN_NOT_ALLOWED: 'A page whose origin is not allowed',
  SECRET_IN_BROWSER: 'A secret key in a browser: take it as exposed',
};

type Tone = 'neutral' | 'positive' | 'caution' | 'negative' | 'accent';

const keyStatuses: Readonly<Record<string, { tone: Tone; word: string }>> = {
  ACTIVE: { tone: 'positive', word: 'Active' },
  INACTIVE: { tone: 'neutral', word: 'Inactive' },
  EXPIRED: { tone: 'negative', word: 'Expired' },
  ROTATING: { tone: 'caution', word: 'Rotating' },
};

export function keyStatus(status: string): { tone: Tone; word: string } {
  return keyStatuses[status] ?? { tone: 'neutral', word: status };
}

const sessionStatuses: Readonly<Record<string, { tone: Tone; word: string }>> = {
  PENDING: { tone: 'accent', word: 'Pending' },
  CONFIRMED: { tone: 'positive', word: 'Confirmed' },
  USED: { tone: 'positive', word: 'Used' },
  CANCELLED: { tone: 'negative', word: 'Cancelled' },
  EXPIRED: { tone: 'neutral', word: 'Expired' },
};

export function sessionStatus(status: string): { tone: Tone; word: string } {
  return sessionStatuses[status] ?? { tone: 'neutral', word: status };
}

/** What is known by a word, or the word itself. */
export function wordFor(words: Readonly<Record<string, string>>, word: string): string {
  return words[word] ?? word;
}
