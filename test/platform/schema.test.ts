import { spawn } from 'node:child_process';
import { once } from 'node:events';
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.ts';

const { url } = await createTestDatabase();
const client = new pg.Client({ connectionString: url });
await client.connect();
afterAll(() => client.end());

test('the migrations make exactly the tables that schema.prisma describes', async () => {
  const prisma = spawn(
    process.execPath,
    ['node_modules/prisma/build/index.js', 'migrate', 'diff', '--exit-code', '--script'].concat([
      '--from-config-datasource',
      '--to-schema',
      'prisma/schema.prisma',
    ]),
    { env: { ...process.env, DATABASE_URL: url } },
  );
  let output = '';
  for (const stream of [prisma.stdout, prisma.stderr])
    stream.on('data', (data) => (output += data));
  const [code] = await once(prisma, 'close');
  expect(code, output).toBe(0);
});

/** What Prisma's schema cannot say, and its diff not see. */
test('checks and partial indexes stand', async () => {
  const { rows: checks } = await client.query<{ name: string }>(
    `SELECT conname AS name FROM pg_constraint WHERE contype = 'c' AND conrelid::regclass::text NOT LIKE 'pg_%'
     AND connamespace = 'public'::regnamespace ORDER BY 1`,
  );
  const { rows: indexes } = await client.query<{ name: string }>(
    `SELECT indexrelid::regclass::text AS name FROM pg_index JOIN pg_class c ON c.oid = indrelid
     WHERE c.relnamespace = 'public'::regnamespace AND (indpred IS NOT NULL OR indexprs IS NOT NULL) ORDER BY 1`,
  );
  expect(checks.map(({ name }) => name)).toMatchInlineSnapshot(`
    [
      "api_key_secrets_end_check",
      "api_keys_publishable_value_check",
      "auth_sessions_status_check",
      "auth_sessions_wrong_user_codes_check",
      "confirm_time_days_pairs_check",
      "confirm_time_months_pairs_check",
      "environments_test_confirmations_check",
      "open_connections_count_check",
      "projects_session_lifetime_seconds_check",
      "seed_runs_sessions_done_check",
      "session_days_quarters_check",
      "webhook_deliveries_next_attempt_check",
    ]
  `);
  expect(indexes.map(({ name }) => name)).toMatchInlineSnapshot(`
    [
      "api_key_secrets_current_key",
      "auth_sessions_idempotency_age_idx",
      "auth_sessions_idempotency_key",
      "auth_sessions_key_idx",
      "auth_sessions_pending_idx",
      "auth_sessions_public_pending_idx",
      "auth_sessions_status_idx",
      "auth_sessions_subject_idx",
      "auth_sessions_user_code_key",
      "auth_sessions_users_idx",
      "invitations_email_key",
      "log_entries_actor_idx",
      "log_entries_channel_idx",
      "log_entries_dedupe_key",
      "log_entries_key_idx",
      "log_entries_level_idx",
      "log_entries_place_idx",
      "log_entries_session_idx",
      "log_entries_subject_idx",
      "log_entries_type_idx",
      "outbox_events_pending_idx",
      "outbox_events_subject_idx",
      "users_email_key",
      "webhook_deliveries_due_idx",
      "webhook_deliveries_queue_idx",
      "webhook_deliveries_untried_idx",
      "webhook_secrets_current_key",
    ]
  `);
});

test('ids sort byte for byte, whatever the locale of the database', async () => {
  const { rows } = await client.query<{ name: string }>(
    `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
     WHERE table_schema = 'public' AND data_type = 'text' AND (column_name = 'id' OR column_name LIKE '%\\_id')
     AND table_name NOT LIKE '\\_prisma%' AND collation_name IS DISTINCT FROM 'C'`,
  );
  expect(rows).toEqual([]);
});
