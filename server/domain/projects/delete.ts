import { demand, mayManageProject, requireUser } from '../access.ts';
import { announce } from '../announce.ts';
import type { Call } from '../call.ts';
import { confirmByName, endSecretsOf, purgeLater } from '../deletion.ts';
import { NotFoundError, throwConflict } from '../errors.ts';
import { recordLog } from '../log-entries.ts';
import { purgeWebhooksLater } from '../webhooks/purge.ts';
import { findProject } from './find.ts';

export interface DeleteProjectInput {
  id: string;
  /** Its name, typed to confirm. */
  confirmName: string;
  version?: number | null;
}

/**
 * Deletes a project with its environments and keys at once: no read, key or socket works after. Its
 * sessions and logs are unreachable from then on and are removed by a job, so this takes as many
 * statements, and as long, with millions of sessions as with none.
 *
 * @throws {NotFoundError} @throws {ForbiddenError} @throws {ConfirmationNameMismatchError}
 * @throws {ConflictError} the version is given, and another
 */
export async function deleteProject(
  call: Call,
  { id, confirmName, version }: DeleteProjectInput,
): Promise<{ deletedId: string }> {
  requireUser(call);
  const project = await findProject(call, id);
  if (!project) throw new NotFoundError('The project');
  const { name, workspaceId } = project;
  demand(mayManageProject(call, workspaceId), 'Deleting a project takes the role Admin or higher.');
  confirmByName(confirmName, name, 'project');

  await call.db.$transaction(async (tx) => {
    // Held, so that no environment is added while its siblings are counted.
    await tx.$queryRaw`SELECT id FROM projects WHERE id = ${id} FOR UPDATE`;
    const environments = await tx.environment.findMany({
      where: { projectId: id },
      select: { id: true },
    });
    const environmentIds = environments.map((environment) => environment.id);
    await endSecretsOf(tx, environmentIds);
    await purgeWebhooksLater(tx, environmentIds);
    const where = version == null ? { id } : { id, version };
    const { count } = await tx.project.deleteMany({ where });
    if (count === 0) await throwConflict('The project', tx.project.findUnique({ where: { id } }));
    await purgeLater(tx, [...environmentIds, id]);
    await announce(tx, 'project', id);
    // The project's own log is gone with it: this belongs to the workspace.
    await recordLog(tx, call, {
      type: 'project.deleted',
      message: `Project "${name}" deleted.`,
      workspaceId,
      data: { before: { id, name } },
    });
  });
  return { deletedId: id };
}
