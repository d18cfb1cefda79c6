import type { Prisma } from '../../../prisma/generated/client.ts';
import { readableWorkspaces } from '../access.ts';
import type { Call } from '../call.ts';
import { kindOfId } from '../ids.ts';
import { gathered } from '../load.ts';

/** The workspace, if the actor may see it; null otherwise. */
export async function findWorkspace<Args extends Prisma.WorkspaceDefaultArgs>(
  call: Call,
  id: string,
  query?: Args,
): Promise<Prisma.WorkspaceGetPayload<Args> | null> {
  if (kindOfId(id) !== 'workspace') return null;
  return call.db.workspace.findFirst({
    ...query,
    where: { id, AND: readableWorkspaces(call) },
  }) as Promise<Prisma.WorkspaceGetPayload<Args> | null>;
}

/** Like findWorkspace, many in one statement. */
export const loadWorkspace = gathered(
  (call, ids) =>
    call.db.workspace.findMany({ where: { id: { in: [...ids] }, AND: readableWorkspaces(call) } }),
  ({ id }) => id,
);
