import { z } from 'zod';
import type { EnvironmentKind } from '../../../prisma/generated/enums.ts';
import { demandForEnvironment, mayCreateEnvironment, requireUser } from '../access.ts';
import type { Call } from '../call.ts';
import { NotFoundError } from '../errors.ts';
import { newId } from '../ids.ts';
import { recordLog } from '../log-entries.ts';
import { findProject } from '../projects/find.ts';
import { invalid, nameText, validate } from '../validation.ts';

export interface CreateEnvironmentInput {
  projectId: string;
  name: string;
  kind: EnvironmentKind;
}

/** A project's environments are listed whole, so there is an end to them. */
export const environmentsMax = 20;

const rules = z.object({ name: nameText(50) });

/**
 * Creates an environment without keys. Test confirmations are on in DEVELOPMENT, off elsewhere.
 *
 * @throws {UnauthenticatedError} @throws {NotFoundError} @throws {ForbiddenError}
 * @throws {ValidationError} the name breaks a rule, or the project has as many as it may
 */
export async function createEnvironment(
  call: Call,
  input: CreateEnvironmentInput,
): Promise<{ id: string }> {
  requireUser(call);
  const { projectId, kind } = input;
  const project = await findProject(call, projectId);
  if (!project) throw new NotFoundError('The project');
  const { workspaceId } = project;
  demandForEnvironment(mayCreateEnvironment(call, { workspaceId, kind }), kind);
  const { name } = validate(rules, input);
  const id = newId('environment');
  await call.db.$transaction(async (tx) => {
    // Held, so that of two who create the last one only one does, and none in a deleted project.
    const [live] = await tx.$queryRaw<object[]>`
      SELECT id FROM projects WHERE id = ${projectId} FOR NO KEY UPDATE`;
    if (!live) throw new NotFoundError('The project');
    if ((await tx.environment.count({ where: { projectId } })) >= environmentsMax) {
      invalid('projectId', `A project has at most ${environmentsMax} environments.`);
    }
    await tx.environment.create({
      data: { id, projectId, name, kind, testConfirmations: kind === 'DEVELOPMENT' },
      select: { id: true },
    });
    await recordLog(tx, call, {
      type: 'environment.created',
      message: `Environment "${name}" created.`,
      workspaceId,
      projectId,
      environmentId: id,
      data: { after: { name, kind } },
    });
  });
  return { id };
}
