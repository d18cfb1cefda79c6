import type { Tx } from '../platform/db.ts';
import { encodeMessage, notifySql } from '../platform/events.ts';

/** What every process is told of when it changes, because some keep what they read of it. */
export type AnnouncedKind =
  | 'apiKey'
  | 'environment'
  | 'project'
  | 'workspace'
  | 'user' // in which workspaces they are, and what they may do there
  | 'signIn'
  | 'accessToken';

/**
 * Tells every process, this one too, when the transaction commits and not before. For changes of
 * settings and credentials; never for each session: NOTIFY takes a lock that all commits queue for.
 */
export async function announce(tx: Tx, kind: AnnouncedKind, id: string): Promise<void> {
  await tx.$executeRawUnsafe(notifySql, encodeMessage({ kind, id }));
}
