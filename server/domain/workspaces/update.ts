import { z } from 'zod';
import { demand, mayUpdateWorkspace, requireUser } from '../access.ts';
import { announce } from '../announce.ts';
import type { Call } from '../call.ts';
import { changesBetween } from '../changes.ts';
import { NotFoundError, throwConflict } from '../errors.ts';
import { recordLog } from '../log-entries.ts';
import { nameText, notNull, validate } from '../validation.ts';
import { findWorkspace } from './find.ts';

export interface UpdateWorkspaceInput {
  id: string;
  version: number;
  name?: string | null;
  logRetentionDays?: number | null;
  sessionRetentionDays?: number | null;
}

/** Ten years. What is to be kept for longer is exported. */
export const retentionDaysMax = 3650;

const daysRule = `Must be between 1 and ${retentionDaysMax} days.`;
const days = z.number().min(1, daysRule).max(retentionDaysMax, daysRule);

const rules = z.object({
  name: notNull(nameText()),
  logRetentionDays: notNull(days),
  sessionRetentionDays: notNull(days),
});

/**
 * Changes a workspace's settings. A field that is left out stays as it is.
 *
 * @throws {NotFoundError} @throws {ForbiddenError} the role is below Owner
 * @throws {ValidationError} @throws {ConflictError} with the current version
 */
export async function updateWorkspace(
  call: Call,
  input: UpdateWorkspaceInput,
): Promise<{ id: string }> {
  requireUser(call);
  const { id, version } = input;
  const workspace = await findWorkspace(call, id);
  if (!workspace) throw new NotFoundError('The workspace');
  demand(mayUpdateWorkspace(call, id), 'The settings of a workspace take the role Owner.');
  const data = validate(rules, input);
  await call.db.$transaction(async (tx) => {
    const { count } = await tx.workspace.updateMany({
      where: { id, version },
      data: { ...data, version: { increment: 1 } },
    });
    if (count === 0)
      await throwConflict('The workspace', tx.workspace.findUnique({ where: { id } }));
    await announce(tx, 'workspace', id);
    await recordLog(tx, call, {
      type: 'workspace.updated',
      message: `Workspace "${workspace.name}" updated.`,
      workspaceId: id,
      data: changesBetween(workspace, data),
    });
  });
  return { id };
}
