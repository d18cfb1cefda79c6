import type {
  AccessTokenScope,
  ActorKind,
  ApiKeyType,
  EnvironmentKind,
  Role,
} from '../../prisma/generated/enums.ts';

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
  narrowedTo: NarrowingKey | null;
  /**
   * Workspace id → role, read when the request came in. Of an access token that is limited to a
   * workspace, or narrowed by a key, that one workspace.
   */
  memberships: ReadonlyMap<string, Role>;
}

/** An API key that came beside an access token. */
export interface NarrowingKey {
  keyId: string;
  /** The secret that was presented. */
  secretId: string;
  environmentId: string;
  projectId: string;
  workspaceId: string;
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

/** Who acted, by value: an entry outlives its actor. */
export function actorValues(actor: Actor): {
  kind: ActorKind;
  id: string | null;
  label: string;
} {
  switch (actor.kind) {
    case 'user': {
      const { id, email, accessToken } = actor;
      return accessToken
        ? { kind: 'ACCESS_TOKEN', id: accessToken.id, label: `${accessToken.name} (${email})` }
        : { kind: 'USER', id, label: email };
    }
    case 'apiKey':
      return { kind: 'API_KEY', id: actor.key.id, label: actor.key.name };
    case 'system':
      return { kind: 'SYSTEM', id: null, label: actor.reason };
    case 'nobody':
      return { kind: 'ANONYMOUS', id: null, label: 'Nobody signed in' };
  }
}
