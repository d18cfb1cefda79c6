import type { AuthSession } from '../../../prisma/generated/client.ts';

/** Who an end user is, as the one who confirmed says. */
export interface Subject {
  /** `server`, `telegram`, `test`, or what the integrator's backend calls itself. */
  provider: string;
  id: string;
  name?: string;
  username?: string;
  email?: string;
  phone?: string;
  picture?: string;
}

/** A session as it is now: past its lifetime a pending one is EXPIRED, whether or not a job has run. */
export type SessionRecord = Omit<
  AuthSession,
  'subject' | 'metadata' | 'idempotencyDigest' | 'wrongUserCodes'
> & { subject: Subject | null; metadata: unknown };

/** Whether the row's deadline has passed without a word. The clock is the database's. */
export const overdueSql = (row: string) =>
  `(${row}.status = 'PENDING' AND ${row}.expires_at <= now())`;

/** The status that every read, filter and count goes by. */
export const statusSql = (row: string) =>
  `(CASE WHEN ${overdueSql(row)} THEN 'EXPIRED' ELSE ${row}.status END)`;

const plainColumns = [
  'id',
  'workspace_id',
  'project_id',
  'environment_id',
  'api_key_id',
  'started_with',
  'channel',
  'subject',
  'subject_key',
  'user_code',
  'require_user_code',
  'metadata',
  'nonce',
  'return_url',
  'reason',
  'master_key_id',
  'idempotency_key',
  'exchange_key',
  'proof_key_id',
  'started_from_ip',
  'started_from_user_agent',
  'confirmed_from_ip',
  'confirmed_from_user_agent',
  'created_at',
  'expires_at',
  'confirmed_at',
  'exchangeable_until',
  'cancelled_at',
  'used_at',
];

/** The select list that makes a SessionRecord of a row of `auth_sessions`. */
export const sessionColumns = (row: string) =>
  [
    ...plainColumns.map((name) => `${row}.${name} AS "${camelCase(name)}"`),
    `${statusSql(row)} AS status`,
    `CASE WHEN ${overdueSql(row)} THEN ${row}.expires_at ELSE ${row}.expired_at END AS "expiredAt"`,
  ].join(', ');

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
