import type { WebhookPlace, WebhookSession } from './events.ts';

/**
 * SQL of what an event holds, for the statements that write sessions: what a message says is fixed with
 * the change that it reports. Looks up names by id, and only for rows that an endpoint wants.
 */

const instant = (column: string) =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** The fields of a session's message and their columns; `satisfies` keeps them in step with the type. */
const sessionFields = (row: string) =>
  ({
    id: `${row}.id`,
    status: `${row}.status`,
    channel: `${row}.channel`,
    apiKeyId: `${row}.api_key_id`,
    metadata: `${row}.metadata`,
    reason: `${row}.reason`,
    createdAt: instant(`${row}.created_at`),
    expiresAt: instant(`${row}.expires_at`),
    confirmedAt: instant(`${row}.confirmed_at`),
    exchangeableUntil: instant(`${row}.exchangeable_until`),
    cancelledAt: instant(`${row}.cancelled_at`),
    expiredAt: instant(`${row}.expired_at`),
    usedAt: instant(`${row}.used_at`),
  }) satisfies Record<keyof WebhookSession, string>;

const pictureBytesMax = 4_100; // in JSON, with its quotes

/** Of the subject what is bounded: 20 KB hold it with metadata and all else at their longest. */
const subject = (row: string) =>
  `CASE WHEN octet_length((${row}.subject -> 'picture')::text) > ${pictureBytesMax}
     THEN ${row}.subject - 'picture' ELSE ${row}.subject END`;

const object = (fields: Record<string, string>) =>
  `jsonb_build_object(${Object.entries(fields)
    .map(([name, value]) => `'${name}', ${value}`)
    .join(', ')})`;

/** Where something happens, of ids in SQL. */
export const placeSql = (projectId: string, environmentId: string) =>
  object({
    project: `(SELECT jsonb_build_object('id', p.id, 'name', p.name) FROM projects p WHERE p.id = ${projectId})`,
    environment: `(SELECT jsonb_build_object('id', e.id, 'name', e.name, 'kind', e.kind)
      FROM environments e WHERE e.id = ${environmentId})`,
  } satisfies Record<keyof WebhookPlace, string>);

/**
 * The data of a session's event. The subject only once the session is confirmed.
 *
 * @param row the session as it became
 */
export const sessionDataSql = (row: string) =>
  `${placeSql(`${row}.project_id`, `${row}.environment_id`)} || jsonb_build_object('session',
    ${object(sessionFields(row))}
    || CASE WHEN ${row}.subject IS NULL THEN '{}' ELSE jsonb_build_object('subject', ${subject(row)}) END)`;

/**
 * Whether an endpoint is to be told of events now: because it is active, or because it was disabled by
 * itself, and what it misses is kept for a replay.
 */
export const wantsEventsSql = (endpoint: string) =>
  `(${endpoint}.active OR ${endpoint}.missed_until > now())`;
