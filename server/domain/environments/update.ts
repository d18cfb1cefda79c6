import { z } from 'zod';
import { demandForEnvironment, mayManageEnvironment, requireUser } from '../access.ts';
import { announce } from '../announce.ts';
import type { Call } from '../call.ts';
import { changesBetween } from '../changes.ts';
import { NotFoundError, throwConflict } from '../errors.ts';
import { recordLog } from '../log-entries.ts';
import { canonicalOrigin, isOrigin } from '../origins.ts';
import { invalid, nameText, notNull, storableText, validate } from '../validation.ts';
import { findEnvironment } from './find.ts';

export interface UpdateEnvironmentInput {
  id: string;
  version: number;
  name?: string | null;
  allowedOrigins?: string[] | null;
  testConfirmations?: boolean | null;
}

export const allowedOriginsMax = 50;

const originRule =
  'Must be an origin like https://app.example.com (scheme and host, no path), or an app scheme like myapp://.';

const rules = z.object({
  name: notNull(nameText(50)),
  allowedOrigins: notNull(
    z
      .array(storableText(255).refine(isOrigin, originRule))
      .max(allowedOriginsMax, `Must be at most ${allowedOriginsMax} origins.`)
      .transform((origins) => [...new Set(origins.map(canonicalOrigin))]),
  ),
  testConfirmations: notNull(z.boolean()),
});

/**
 * Changes an environment's settings. A field that is left out stays as it is.
 *
 * @throws {NotFoundError} @throws {ForbiddenError} @throws {ValidationError}
 * @throws {ConflictError} with the current version, when it is not the given one
 */
export async function updateEnvironment(
  call: Call,
  input: UpdateEnvironmentInput,
): Promise<{ id: string }> {
  requireUser(call);
  const { id, version } = input;
  const environment = await findEnvironment(call, id, {
    include: { project: { select: { workspaceId: true } } },
  });
  if (!environment) throw new NotFoundError('The environment');
  const { kind, projectId } = environment;
  const { workspaceId } = environment.project;
  demandForEnvironment(mayManageEnvironment(call, { workspaceId, kind }), kind);
  const data = validate(rules, input);
  if (kind === 'PRODUCTION' && data.testConfirmations) {
    invalid('testConfirmations', 'Test confirmations are impossible in production.');
  }

  await call.db.$transaction(async (tx) => {
    const { count } = await tx.environment.updateMany({
      where: { id, version },
      data: { ...data, version: { increment: 1 } },
    });
    if (count === 0)
      await throwConflict('The environment', tx.environment.findUnique({ where: { id } }));
    await announce(tx, 'environment', id);
    await recordLog(tx, call, {
      type: 'environment.updated',
      message: `Environment "${environment.name}" updated.`,
      workspaceId,
      projectId,
      environmentId: id,
      data: changesBetween(environment, data),
    });
  });
  return { id };
}
