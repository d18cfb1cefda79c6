/**
 * Seeding: believable history by bulk insert, for trying the product at a size.
 *
 * Invariant: the sessions of a run that are in the database are its first `sessions_done`, each once,
 * with their log entries and counters. The count rises in the transaction that writes them, on the
 * condition that it is what it was when they were made. So a run that was killed anywhere goes on where
 * it stopped, and of two that work on the same run one fails.
 */
import type pg from 'pg';
import type { SeedRun } from '../../../prisma/generated/client.ts';
import { requireUser } from '../access.ts';
import { foldRollups } from '../analytics/fold-rollups.ts';
import type { Call } from '../call.ts';
import { placeSql } from '../logs/place.ts';
import type { Attempt } from './attempt.ts';
import { createHistory } from './history.ts';
import { readPlaces } from './places.ts';
import { makeSampleProjects } from './projects.ts';
import { writeHistory } from './write.ts';

export interface SeedOptions {
  workspaceId: string;
  /** Null: in projects of its own. */
  projectId: string | null;
  /** What chance does follows from it: the same seed makes the same history. */
  seed: string;
  sessions: number;
  days: number;
}

export interface Seeded {
  /** How many of the sessions were there already, of an earlier run that was broken off. */
  before: number;
  sessions: number;
  projectIds: string[];
  from: Date;
  to: Date;
}

/** Sessions that are written together. Their statement takes about a second. */
const chunkSize = 4_000;
/**
 * Counters are spread over as many slots as a server process with its two lanes for starts and two for
 * moves does, so that reading them costs what it costs there.
 */
const slots = 4;
const dayMs = 86_400_000;
/** Held by the one process that seeds this database. An arbitrary number of our own. */
const advisoryLock = 8_114_200_517;

/**
 * Seeds, or goes on with the run that was asked for with the same options before. Asking again after its
 * end adds nothing.
 *
 * @param onProgress told how many sessions there are, after every chunk
 * @throws {Error} another process seeds this database, or no session could be started in the project
 */
export async function seedHistory(
  call: Call,
  options: SeedOptions,
  onProgress: (done: number) => void = () => {},
): Promise<Seeded> {
  const client = await call.db.$pool.connect();
  try {
    const { rows } = await client.query('SELECT pg_try_advisory_lock($1) AS held', [advisoryLock]);
    if (!rows[0].held) throw new Error('Another process is seeding this database. Let it finish.');
    return await seed(call, client, options, onProgress);
  } finally {
    client.release(true); // the lock goes with the connection
  }
}

async function seed(
  call: Call,
  client: pg.PoolClient,
  options: SeedOptions,
  onProgress: (done: number) => void,
): Promise<Seeded> {
  const user = requireUser(call);
  const run = await findOrStartRun(call, options);
  const to = run.startedAt;
  const from = new Date(to.getTime() - options.days * dayMs);
  const { projectId, workspaceId } = options;
  const projectIds = projectId
    ? [projectId]
    : await makeSampleProjects(call, { workspaceId, from });
  const attemptOf = createHistory({
    seed: options.seed,
    places: await readPlaces(call.db, { projectId: { in: projectIds } }),
    count: options.sessions,
    from,
    to,
    user,
    masterKeyId: call.masterKeys.primaryId,
    proofKeyId: (await call.signingKeys.current()).id,
  });
  const chunkFrom = (done: number) =>
    Array.from({ length: Math.min(chunkSize, options.sessions - done) }, (_, n) =>
      attemptOf(done + n),
    );

  let done = run.sessionsDone;
  onProgress(done);
  let chunk = chunkFrom(done);
  while (chunk.length > 0) {
    const written = writeChunk(call, options, done, chunk);
    done += chunk.length;
    chunk = chunkFrom(done); // while the database writes the one before
    await written;
    onProgress(done);
  }
  if (run.finishedAt === null) await finish(call, client, options, projectIds);
  return { before: run.sessionsDone, sessions: done, projectIds, from, to };
}

/** What names a run: asking for the same again means it. */
function runKey({ workspaceId, projectId, seed, sessions, days }: SeedOptions) {
  return { workspaceId, projectId: projectId ?? '', seed, sessions, days };
}

async function findOrStartRun({ db }: Call, options: SeedOptions): Promise<SeedRun> {
  const key = runKey(options);
  await db.seedRun.createMany({ data: key, skipDuplicates: true });
  return db.seedRun.findUniqueOrThrow({
    where: { workspaceId_projectId_seed_sessions_days: key },
  });
}

/** @param before how many sessions of the run there are */
function writeChunk(
  { db }: Call,
  options: SeedOptions,
  before: number,
  attempts: readonly Attempt[],
): Promise<void> {
  return db.$transaction(async (tx) => {
    const { count } = await tx.seedRun.updateMany({
      where: { ...runKey(options), sessionsDone: before },
      data: { sessionsDone: before + attempts.length },
    });
    if (count === 0)
      throw new Error('This run was gone on with elsewhere, or its workspace is gone.');
    for (let slot = 0; slot < slots; slot += 1) {
      const some = attempts.filter((_, n) => n % slots === slot);
      if (some.length > 0) await writeHistory(tx, some, slot);
    }
  });
}

const keysUsedSql = `UPDATE api_keys x SET last_used_at = l.at, last_used_ip = l.ip, last_used_user_agent = l.user_agent
  FROM environments e JOIN api_keys k ON k.environment_id = e.id
  CROSS JOIN LATERAL (SELECT at, ip, user_agent FROM log_entries x WHERE ${placeSql('x')} = e.id AND actor_id = k.id
    ORDER BY at DESC LIMIT 1) l
  WHERE e.project_id = ANY ($1) AND x.id = k.id AND (x.last_used_at IS NULL OR x.last_used_at < l.at)`;

/** Everything here may be done twice; that it is over is said last. */
async function finish(
  call: Call,
  client: pg.PoolClient,
  options: SeedOptions,
  projectIds: readonly string[],
): Promise<void> {
  const { db } = call;
  await foldRollups(call); // what a server's job would do within the hour
  await client.query('SET statement_timeout = 0'); // both read much
  await client.query(keysUsedSql, [projectIds]);
  // PostgreSQL plans by what it knew of the tables when they were small, until it looks again.
  await client.query(`ANALYZE auth_sessions, log_entries, session_rollups, session_totals,
    session_days, confirm_time_rollups, confirm_time_days, confirm_time_months`);
  await db.seedRun.update({
    where: { workspaceId_projectId_seed_sessions_days: runKey(options) },
    data: { finishedAt: new Date() },
  });
}
