/** What an API key looks like: `sk_live_` and so on, then what every credential has. */
import type { ApiKeyType, EnvironmentKind } from '../../../prisma/generated/enums.ts';
import { credentialPreview, isCredential, newCredential } from '../credential-format.ts';

const pattern = /^(sk|pk)_(live|test)_[0-9A-Za-z]{49}$/;

/** A new key value, 57 characters. */
export function newApiKeyValue(type: ApiKeyType, kind: EnvironmentKind): string {
  return newCredential(
    `${type === 'SECRET' ? 'sk' : 'pk'}_${kind === 'PRODUCTION' ? 'live' : 'test'}_`,
  );
}

/** Whether the text is shaped like a key and its checksum is right. Says nothing of its existence. */
export function isApiKeyValue(text: string): boolean {
  return pattern.test(text) && isCredential(text);
}

/** What may be shown of a key: the first 12 characters, an ellipsis, the last 4. */
export const apiKeyPreview = credentialPreview;
