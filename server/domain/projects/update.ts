import { z } from 'zod';
import type { Project } from '../../../prisma/generated/client.ts';
import type { Tx } from '../../platform/db.ts';
import { demand, mayManageProject, requireUser } from '../access.ts';
import { announce } from '../announce.ts';
import type { Call } from '../call.ts';
import { changesBetween } from '../changes.ts';
import { NotFoundError, throwConflict } from '../errors.ts';
import { kindOfId } from '../ids.ts';
import { recordLog } from '../log-entries.ts';
import { invalid, nameText, notNull, validate } from '../validation.ts';
import { setProjectWebhookUrl } from '../webhooks/project-url.ts';
import { endpointUrl } from '../webhooks/rules.ts';
import { findProject } from './find.ts';

export interface UpdateProjectInput {
  id: string;
  version: number;
  name?: string | null;
  active?: boolean | null;
  publicAccess?: boolean | null;
  requireUserCode?: boolean | null;
  sessionLifetimeSeconds?: number | null;
  defaultEnvironmentId?: string | null;
  /** null removes the endpoint that it is of. */
  webhookUrl?: string | null;
}

export const sessionLifetimeSecondsMin = 60;
export const sessionLifetimeSecondsMax = 3600;
const lifetimeRule = `Must be between ${sessionLifetimeSecondsMin} and ${sessionLifetimeSecondsMax} seconds.`;

const rules = {
  name: notNull(nameText()),
  active: notNull(z.boolean()),
  publicAccess: notNull(z.boolean()),
  requireUserCode: notNull(z.boolean()),
  sessionLifetimeSeconds: notNull(
    z
      .number()
      .min(sessionLifetimeSecondsMin, lifetimeRule)
      .max(sessionLifetimeSecondsMax, lifetimeRule),
  ),
  defaultEnvironmentId: notNull(z.string()),
};
type Settings = z.output<z.ZodObject<typeof rules>>;

/**
 * Changes a project's settings. A field that is left out stays as it is.
 *
 * The version stands in the WHERE clause of the write, so of two who edit the same version one wins
 * and the other is told.
 *
 * @throws {NotFoundError} @throws {ForbiddenError} @throws {ValidationError}
 * @throws {ConflictError} with the current version, when it is not the given one
 */
export async function updateProject(
  call: Call,
  input: UpdateProjectInput,
): Promise<{ id: string }> {
  requireUser(call);
  const { id, version } = input;
  const project = await findProject(call, id);
  if (!project) throw new NotFoundError('The project');
  const { workspaceId } = project;
  demand(mayManageProject(call, workspaceId), 'Project settings take the role Admin or higher.');
  const { webhookUrl, ...data } = validate(
    z.object({ ...rules, webhookUrl: endpointUrl(call).nullish() }),
    input,
  );

  await call.db.$transaction(async (tx) => {
    if (data.defaultEnvironmentId !== undefined) {
      await demandEnvironment(tx, id, data.defaultEnvironmentId);
    }
    const { count } = await tx.project.updateMany({
      where: { id, version },
      data: { ...data, version: { increment: 1 }, updatedAt: new Date() },
    });
    if (count === 0) await throwConflict('The project', tx.project.findUnique({ where: { id } }));
    if (webhookUrl !== undefined) {
      const { defaultEnvironmentId: environmentId } = await tx.project.findUniqueOrThrow({
        where: { id },
        select: { defaultEnvironmentId: true },
      });
      await setProjectWebhookUrl(
        tx,
        call,
        { workspaceId, projectId: id, environmentId },
        webhookUrl,
      );
    }
    await announce(tx, 'project', id);
    await recordLog(tx, call, {
      type: 'project.updated',
      message: messageOf(project, data),
      workspaceId,
      projectId: id,
      data: changesBetween(project, data),
    });
  });
  return { id };
}

/** The project's row first: who deletes the environment now waits for it, and finds it the default. */
async function demandEnvironment(tx: Tx, projectId: string, id: string): Promise<void> {
  await tx.$queryRaw`SELECT id FROM projects WHERE id = ${projectId} FOR UPDATE`;
  const names = kindOfId(id) === 'environment' ? id : '';
  const [environment] = await tx.$queryRaw<object[]>`
    SELECT id FROM environments WHERE id = ${names} AND project_id = ${projectId}`;
  if (!environment) invalid('defaultEnvironmentId', 'Is not an environment of this project.');
}

function messageOf({ name, active }: Project, data: Settings): string {
  if (data.active === false && active) return `Project "${name}" deactivated.`;
  if (data.active === true && !active) return `Project "${name}" activated.`;
  return `Project "${name}" updated.`;
}
