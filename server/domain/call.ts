import type {
  AccessTokenScope,
  ApiKeyType,
  EnvironmentKind,
  Role,
} from '../../prisma/generated/enums.ts';
import type { Db } from '../platform/db.ts';
import type { Events } from '../platform/events.ts';
import type { Logger } from '../platform/log.ts';
import type { MasterKeys } from '../platform/master-keys.ts';
import type { Passwords } from '../platform/passwords.ts';
import type { ApiKeyCache } from './api-keys/check.ts';
import type { ApiKeyUsage } from './api-keys/usage.ts';
import type { SessionWriter } from './auth-sessions/writer.ts';
import type { RefusalLog } from './refusals.ts';
import type { SigningKeys } from './signing-keys.ts';

/** A key that was checked, with the scope it opens. The write path checks it again. */
export interface AuthenticatedKey {
  id: string;
  name: string;
  type: ApiKeyType;
  /** The secret that was presented, of perhaps several that the key has while it rotates. */
  secretId: string;
  environmentId: string;
  environmentKind: EnvironmentKind;
  allowedOrigins: readonly string[];
  projectId: string;
  workspaceId: string;
}

/** A user: in person, by a browser that is signed in, or by a program with an access token. */
export interface UserActor {
  kind: 'user';
  id: string;
  name: string;
  email: string;
  /** Null where an access token asks. */
  signInId: string | null;
  /** Null where the user asks in person. */
  accessToken: { id: string; name: string; scope: AccessTokenScope } | null;
  /** Of the API key that came with the access token, beyond which nothing is seen or done. */
  narrowedTo: { environmentId: string; projectId: string; workspaceId: string } | null;
  /**
   * Workspace id → role, read when the request came in. Of an access token that is limited to a
   * workspace, or narrowed by a key, that one workspace.
   */
  memberships: ReadonlyMap<string, Role>;
}

/** A user in person. */
export interface SignedInUser extends UserActor {
  signInId: string;
  accessToken: null;
  narrowedTo: null;
}

/** Who asks. */
export type Actor =
  | { kind: 'nobody' }
  | UserActor
  | { kind: 'apiKey'; key: AuthenticatedKey }
  | { kind: 'system'; reason: string };

/** Where the request came from. */
export interface Client {
  ip: string | null;
  userAgent: string | null;
  /** The Origin header of a page; null for apps, servers and our own pages. */
  foreignOrigin: string | null;
  /** A browser sent this from a page of another site: by its Origin or its Sec-Fetch-Site. */
  crossSite: boolean;
}

/** How a request sets or clears the browser's sign-in. Throws ForbiddenError where it may not. */
export interface SignInCookie {
  set(token: string, expiresAt: Date): void;
  clear(): void;
}

/** What every use case works with: one set for each process. */
export interface Tools {
  db: Db;
  events: Events;
  masterKeys: MasterKeys;
  signingKeys: SigningKeys;
  passwords: Passwords;
  apiKeys: ApiKeyCache;
  apiKeyUsage: ApiKeyUsage;
  refusals: RefusalLog;
  sessionWriter: SessionWriter;
  publicUrl: string;
  signUp: SignUpMode;
}

export type SignUpMode = 'OPEN' | 'FIRST' | 'CLOSED';

/** Who asks, from where, with which tools: one for each request, job run or chat message. */
export interface Call extends Tools {
  /** Signing in or out changes it, so that the rest of the reply is for whom it then is. */
  actor: Actor;
  client: Client;
  requestId: string;
  log: Logger;
  signInCookie: SignInCookie;
}
