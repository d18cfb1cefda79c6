import { demandForEnvironment, mayManageEnvironment, requireUser } from '../access.ts';
import type { Call } from '../call.ts';
import { findEnvironment } from '../environments/find.ts';
import { ConflictError, ForbiddenError, NotFoundError } from '../errors.ts';
import { recordLog } from '../log-entries.ts';
import { createHistory } from './history.ts';
import { readPlaces } from './places.ts';
import { writeHistory } from './write.ts';

/** With about 4,800 log entries: so many a live log is told one by one. */
export const sampleSessions = 1_800;
export const sampleDays = 30;
const dayMs = 86_400_000;

/**
 * Fills a development environment in which nothing has happened yet with sessions that never were, for
 * a dashboard that shows something. Webhooks hear nothing of them.
 *
 * All or nothing, and once: the environment's row is held from the look to the end, so of two who add
 * at once the second finds the sessions of the first. One real session that starts meanwhile does no
 * harm: it is counted beside them.
 *
 * @returns how many sessions there are now
 * @throws {UnauthenticatedError} @throws {NotFoundError} no such environment
 * @throws {ForbiddenError} it is not for development, or the role is below Developer
 * @throws {ConflictError} sessions were started in it before
 */
export async function addSampleData(
  call: Call,
  { environmentId }: { environmentId: string },
): Promise<{ environmentId: string; sessions: number }> {
  const user = requireUser(call);
  const environment = await findEnvironment(call, environmentId, {
    include: { project: { select: { workspaceId: true } } },
  });
  if (!environment) throw new NotFoundError('The environment');
  const { kind, name, projectId } = environment;
  const { workspaceId } = environment.project;
  demandForEnvironment(mayManageEnvironment(call, { workspaceId, kind }), kind);
  if (kind !== 'DEVELOPMENT') {
    throw new ForbiddenError('Sample data is for development environments only.');
  }
  // Before the transaction: making the first key takes one of its own.
  const { id: proofKeyId } = await call.signingKeys.current();

  const sessions = await call.db.$transaction(async (tx) => {
    const [held] = await tx.$queryRaw<{ now: Date }[]>`
      SELECT date_trunc('milliseconds', now()) AS now FROM environments
      WHERE id = ${environmentId} FOR NO KEY UPDATE`;
    if (!held) throw new NotFoundError('The environment');
    const before = await tx.sessionTotal.findFirst({ where: { environmentId } });
    if (before) {
      throw new ConflictError(
        'This environment has sessions already. Sample data is for empty ones.',
      );
    }
    const attemptOf = createHistory({
      seed: environmentId,
      places: await readPlaces(tx, { id: environmentId }),
      count: sampleSessions,
      from: new Date(held.now.getTime() - sampleDays * dayMs),
      to: held.now,
      user,
      masterKeyId: call.masterKeys.primaryId,
      proofKeyId,
    });
    const attempts = Array.from({ length: sampleSessions }, (_, n) => attemptOf(n));
    const count = await writeHistory(tx, attempts, 0);
    await recordLog(tx, call, {
      type: 'environment.sample_data_added',
      message: `Sample data added to the environment "${name}".`,
      workspaceId,
      projectId,
      environmentId,
      data: { sessions: count, days: sampleDays },
    });
    return count;
  });
  call.activity.wrote();
  return { environmentId, sessions };
}
