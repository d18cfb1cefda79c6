/**
 * Erasing what is kept of one end user, as the law lets them ask for.
 *
 * Their sessions and log entries stay, as those of a pseudonym drawn at random, so that every count
 * that was shown stays true, that of unique users too: it counts somebody, and nothing says whom. Should
 * they sign in again, they are somebody new.
 *
 * Sessions, log entries and events are looked through one after the other, because each may be kept for
 * longer than the one before.
 *
 * Batches each commit by themselves and say in the log how many rows they came to. Where a process
 * dies midway, or PostgreSQL ends a batch because it and the fan-out or the removal of deliveries wait for
 * each other (UNAVAILABLE), what is left still has the subject's name: asking again erases the rest, under
 * another pseudonym, and unique users are one more.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Tx } from '../../platform/db.ts';
import { demand, mayEraseSubjects, requireUser } from '../access.ts';
import type { Call } from '../call.ts';
import { findEnvironment } from '../environments/find.ts';
import { NotFoundError } from '../errors.ts';
import { subjectIdSql } from '../filters.ts';
import { newId } from '../ids.ts';
import { recordLog } from '../log-entries.ts';
import { placeSql } from '../logs/place.ts';
import { findProject } from '../projects/find.ts';
import { invalid, storableText, validate } from '../validation.ts';
import { eraseSessionsFromWebhooks, eraseSubjectFromWebhooks } from '../webhooks/erase.ts';

export interface EraseSubjectInput {
  projectId?: string | null;
  environmentId?: string | null;
  provider: string;
  subjectId: string;
}

export interface Erased {
  sessions: number;
  logEntries: number;
}

const rules = z.object({
  provider: storableText(32).min(1, 'Must not be empty.'),
  subjectId: storableText(255).min(1, 'Must not be empty.'),
});

const sessionsMax = 500;

/**
 * Erases one subject from an environment, or from all of a project: name and contacts, metadata,
 * addresses and programs, and what log entries and events have of them. A session of theirs that waits
 * to be exchanged no longer can be.
 *
 * @throws {UnauthenticatedError} @throws {NotFoundError} no such project or environment
 * @throws {ForbiddenError} the role is below Admin
 * @throws {ValidationError} not exactly one place, or a field breaks a rule
 */
export async function eraseSubject(
  call: Call,
  input: EraseSubjectInput,
  batchSize = sessionsMax,
): Promise<Erased> {
  requireUser(call);
  const place = await findPlace(call, input);
  const allowed = mayEraseSubjects(call, place);
  demand(allowed, 'Erasing an end user takes the role Admin or higher.');
  const { provider, subjectId } = validate(rules, input);
  const pseudonym = `erased-${randomBytes(15).toString('base64url')}`;
  const erasure: Erasure = {
    key: `${provider}:${subjectId}`,
    provider,
    subjectId,
    pseudonym: { provider, id: pseudonym },
    pseudonymKey: `${provider}:${pseudonym}`,
  };

  const { environmentIds, ...ids } = place;
  const told = { sessions: 0, logEntries: 0 };
  const entryId = newId('logEntry');
  await recordLog(call.db, call, {
    id: entryId,
    type: 'subject.erased',
    message: 'The data of one end user was erased.',
    ...ids,
    data: { pseudonym: erasure.pseudonymKey, ...told },
  });
  for (const step of [eraseSessions, eraseEntries, eraseEvents]) {
    for (let isLeft = true; isLeft; ) {
      const erased = await call.db.$transaction(async (tx) => {
        const done = await step(tx, erasure, environmentIds, batchSize);
        await tx.$executeRaw`UPDATE log_entries SET data = data || jsonb_build_object(
          'sessions', ${told.sessions + done.sessions}::int,
          'logEntries', ${told.logEntries + done.logEntries}::int) WHERE id = ${entryId}`;
        return done;
      });
      told.sessions += erased.sessions;
      told.logEntries += erased.logEntries;
      isLeft = erased.sessions + erased.logEntries + erased.events > 0;
    }
  }
  return told;
}

/** Whose data goes, and what stands in its place. */
interface Erasure {
  /** `<provider>:<id>` */
  key: string;
  provider: string;
  subjectId: string;
  pseudonym: { provider: string; id: string };
  pseudonymKey: string;
}

/** What one batch of a step came to; of nothing, the step is done. */
interface Batch extends Erased {
  /** That neither a session nor an entry led to. */
  events: number;
}

interface ErasurePlace {
  workspaceId: string;
  projectId: string;
  environmentId: string | null;
  environmentIds: string[];
}

async function findPlace(
  call: Call,
  { projectId, environmentId }: EraseSubjectInput,
): Promise<ErasurePlace> {
  if ((projectId == null) === (environmentId == null)) {
    invalid('projectId', 'Give exactly one of projectId and environmentId.');
  }
  if (environmentId != null) {
    const environment = await findEnvironment(call, environmentId, { include: { project: true } });
    if (!environment) throw new NotFoundError('The environment');
    const { id, project } = environment;
    const { workspaceId } = project;
    return { workspaceId, projectId: project.id, environmentId: id, environmentIds: [id] };
  }
  const project = await findProject(call, projectId!, { include: { environments: true } });
  if (!project) throw new NotFoundError('The project');
  const environmentIds = project.environments.map(({ id }) => id);
  const { id, workspaceId } = project;
  return { workspaceId, projectId: id, environmentId: null, environmentIds };
}

/** Parameters: $1 the key, $2 that of the pseudonym. */
const eraseEntriesSql = `
UPDATE log_entries SET ip = NULL, user_agent = NULL, data = NULL,
  actor_label = CASE WHEN actor_kind = 'END_USER' THEN 'End user' ELSE actor_label END,
  subject_key = CASE WHEN subject_key = $1 THEN $2 ELSE subject_key END`;

/** Some sessions, with their log entries and events. */
async function eraseSessions(
  tx: Tx,
  erasure: Erasure,
  environmentIds: string[],
  sessions: number,
): Promise<Batch> {
  const { key, subjectId, pseudonym, pseudonymKey } = erasure;
  const rows = await tx.$queryRawUnsafe<{ id: string }[]>(
    `UPDATE auth_sessions SET subject = $1::jsonb, subject_key = $2, metadata = NULL, nonce = NULL,
       return_url = NULL, idempotency_key = NULL, idempotency_digest = NULL, exchange_key = NULL,
       exchangeable_until = least(exchangeable_until, date_trunc('milliseconds', now())),
       started_from_ip = NULL, started_from_user_agent = NULL,
       confirmed_from_ip = NULL, confirmed_from_user_agent = NULL
     WHERE subject_key = $3 AND id = ANY (ARRAY(
       SELECT a.id FROM auth_sessions a
       WHERE a.environment_id = ANY ($4::text[]) AND ${subjectIdSql('a')} = $5 AND a.subject_key = $3
       ORDER BY a.id LIMIT $6::int))
     RETURNING id`,
    JSON.stringify(pseudonym),
    pseudonymKey,
    key,
    environmentIds,
    subjectId,
    sessions,
  );
  const ids = rows.map(({ id }) => id);
  // A statement of its own, which sees what those wrote who held a session before us.
  const logEntries = await tx.$executeRawUnsafe(
    `${eraseEntriesSql} WHERE session_id = ANY ($3)`,
    key,
    pseudonymKey,
    ids,
  );
  await eraseSessionsFromWebhooks(tx, environmentIds, ids);
  return { sessions: ids.length, logEntries, events: 0 };
}

/** Some entries of sessions that are no longer kept, with their events. */
async function eraseEntries(
  tx: Tx,
  { key, subjectId, pseudonymKey }: Erasure,
  environmentIds: string[],
  sessions: number,
): Promise<Batch> {
  const rows = await tx.$queryRawUnsafe<{ sessionId: string }[]>(
    `${eraseEntriesSql} WHERE session_id = ANY (ARRAY(
       SELECT l.session_id FROM log_entries l
       WHERE ${placeSql('l')} = ANY ($3::text[]) AND ${subjectIdSql('l')} = $4 AND l.subject_key = $1
       LIMIT $5::int))
     RETURNING session_id AS "sessionId"`,
    key,
    pseudonymKey,
    environmentIds,
    subjectId,
    sessions,
  );
  const ids = new Set(rows.map(({ sessionId }) => sessionId));
  await eraseSessionsFromWebhooks(tx, environmentIds, [...ids]);
  return { sessions: 0, logEntries: rows.length, events: 0 };
}

/** Some events of sessions of which neither the row nor an entry is kept. */
async function eraseEvents(
  tx: Tx,
  erasure: Erasure,
  environmentIds: string[],
  eventsMax: number,
): Promise<Batch> {
  const events = await eraseSubjectFromWebhooks(tx, environmentIds, erasure, eventsMax);
  return { sessions: 0, logEntries: 0, events };
}
