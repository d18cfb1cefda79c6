import { demandForEnvironment, mayCreateEnvironment, requireUser } from '../access.ts';
import { announce } from '../announce.ts';
import type { Call } from '../call.ts';
import { confirmByName, endSecretsOf, purgeLater } from '../deletion.ts';
import { EnvironmentIsDefaultError, NotFoundError, throwConflict } from '../errors.ts';
import { recordLog } from '../log-entries.ts';
import { purgeWebhooksLater } from '../webhooks/purge.ts';
import { findEnvironment } from './find.ts';

export interface DeleteEnvironmentInput {
  id: string;
  /** Its name, typed to confirm. */
  confirmName: string;
  version?: number | null;
}

/**
 * Deletes an environment with its keys at once; its sessions and logs are unreachable from then on
 * and are removed by a job.
 *
 * @throws {NotFoundError} @throws {ForbiddenError} @throws {ConfirmationNameMismatchError}
 * @throws {EnvironmentIsDefaultError} @throws {ConflictError} the version is given, and another
 */
export async function deleteEnvironment(
  call: Call,
  { id, confirmName, version }: DeleteEnvironmentInput,
): Promise<{ deletedId: string }> {
  requireUser(call);
  const environment = await findEnvironment(call, id, {
    include: { project: { select: { workspaceId: true } } },
  });
  if (!environment) throw new NotFoundError('The environment');
  const { name, kind, projectId } = environment;
  const { workspaceId } = environment.project;
  demandForEnvironment(mayCreateEnvironment(call, { workspaceId, kind }), kind);
  confirmByName(confirmName, name, 'environment');

  await call.db.$transaction(async (tx) => {
    // The project's row first: whoever makes this the default now must wait, and find it gone.
    const [project] = await tx.$queryRaw<{ default: string }[]>`
      SELECT default_environment_id AS default FROM projects WHERE id = ${projectId} FOR NO KEY UPDATE`;
    if (project?.default === id) throw new EnvironmentIsDefaultError();
    await endSecretsOf(tx, [id]);
    await purgeWebhooksLater(tx, [id]);
    const where = version == null ? { id } : { id, version };
    const { count } = await tx.environment.deleteMany({ where });
    if (count === 0)
      await throwConflict('The environment', tx.environment.findUnique({ where: { id } }));
    await purgeLater(tx, [id]);
    await announce(tx, 'environment', id);
    await recordLog(tx, call, {
      type: 'environment.deleted',
      message: `Environment "${name}" deleted.`,
      workspaceId,
      projectId,
      data: { before: { id, name, kind } },
    });
  });
  return { deletedId: id };
}
