import type { LogLevel } from '../../prisma/generated/enums.ts';
import type { Db, Tx } from '../platform/db.ts';
import { actorValues } from './actor.ts';
import type { Call } from './call.ts';
import { newId } from './ids.ts';
import type { LogType } from './logs/types.ts';

export interface NewLogEntry {
  /** Only for who goes on to count in it. */
  id?: string;
  /** `<noun>.<what happened>`: `project.updated`. */
  type: LogType;
  message: string;
  level?: LogLevel;
  reason?: string | null;
  workspaceId: string;
  projectId?: string | null;
  environmentId?: string | null;
  apiKeyId?: string | null;
  /** Details, without secrets. */
  data?: unknown;
}

/** Writes one entry, in the transaction of the change that it reports. */
export async function recordLog(
  tx: Tx | Db,
  call: Pick<Call, 'actor' | 'client' | 'requestId'>,
  entry: NewLogEntry,
): Promise<void> {
  const actor = actorValues(call.actor);
  const { data, ...plain } = entry;
  await tx.logEntry.create({
    data: {
      id: newId('logEntry'),
      ...plain,
      data: data === undefined ? undefined : JSON.parse(JSON.stringify(data)),
      actorKind: actor.kind,
      actorId: actor.id,
      actorLabel: actor.label,
      ip: call.client.ip,
      userAgent: call.client.userAgent,
      requestId: call.requestId,
    },
    select: { id: true },
  });
}
