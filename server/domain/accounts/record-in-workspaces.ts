import type { Tx } from '../../platform/db.ts';
import type { Call } from '../call.ts';
import { recordLog } from '../log-entries.ts';
import type { LogType } from '../logs/types.ts';

/** Logs what happened to a user's account in each workspace that the user is a member of. */
export async function recordInWorkspaces(
  tx: Tx,
  call: Pick<Call, 'actor' | 'client' | 'requestId'>,
  workspaceIds: Iterable<string>,
  entry: { type: LogType; message: string; data?: unknown },
): Promise<void> {
  for (const workspaceId of workspaceIds) await recordLog(tx, call, { ...entry, workspaceId });
}
