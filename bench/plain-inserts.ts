/**
 * A process that writes what a started session writes, without Latchkey: the same rows into the
 * same tables, through `pg`, one commit for each session, one after the other on each connection.
 *
 * The fastest way to do that, so that the comparison is fair: one prepared statement for the
 * four tables, one round trip, nothing checked, nothing read back, and counter rows that few
 * connections share.
 */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { quarterSql } from '../server/domain/auth-sessions/effects.ts';
import { newUserCode } from '../server/domain/auth-sessions/secrets.ts';
import { newId } from '../server/domain/ids.ts';
import type { Project } from './latchkey.ts';
import { type Measured, Tally } from './measured.ts';
import { answerTasks } from './processes.ts';

export interface PlainInserts {
  databaseUrl: string;
  project: Project;
  metadata: object;
  connections: number;
  seconds: number;
}

const slots = 16;

const text = `
WITH made AS (
  INSERT INTO auth_sessions (id, workspace_id, project_id, environment_id, api_key_id, started_with,
    user_code, require_user_code, metadata, master_key_id, created_at, expires_at)
  VALUES ($1, $2, $3, $4, $5, 'SECRET_KEY', $6, false, $7, 'k1', now(), now() + interval '10 minutes')
),
logged AS (
  INSERT INTO log_entries (id, type, message, actor_kind, actor_id, actor_label, workspace_id,
    project_id, environment_id, session_id, api_key_id, ip, user_agent, request_id)
  VALUES ($8, 'session.started', 'Session started.', 'API_KEY', $5, 'Secret key', $2, $3, $4, $1, $5,
    '127.0.0.1', 'latchkey-bench', $9)
),
counted AS (
  INSERT INTO session_rollups AS r (environment_id, quarter_at, slot, project_id, workspace_id, started)
  VALUES ($4, ${quarterSql('now()')}, $10, $3, $2, 1)
  ON CONFLICT (environment_id, quarter_at, slot) DO UPDATE SET started = r.started + 1
)
INSERT INTO session_totals AS t (environment_id, slot, project_id, workspace_id, started)
VALUES ($4, $10, $3, $2, 1)
ON CONFLICT (environment_id, slot) DO UPDATE SET started = t.started + 1`;

const clients: pg.Client[] = [];

answerTasks(async (task: PlainInserts): Promise<Measured> => {
  const { databaseUrl, connections, seconds } = task;
  while (clients.length < connections) {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    clients.push(client);
  }
  const tally = new Tally(seconds);
  await Promise.all(
    clients.slice(0, connections).map(async (client, n) => {
      for (let goOn = true; goOn; ) {
        const sentAt = performance.now();
        await insertOne(client, task, n % slots);
        goOn = tally.add(sentAt);
      }
    }),
  );
  return tally.result();
});

async function insertOne(client: pg.Client, task: PlainInserts, slot: number): Promise<void> {
  const { id, workspaceId, environmentId, keyId } = task.project;
  const scope = [workspaceId, id, environmentId, keyId];
  const session = [newId('authSession'), ...scope, newUserCode(), JSON.stringify(task.metadata)];
  const values = [...session, newId('logEntry'), randomUUID(), slot];
  try {
    await client.query({ name: 'plain-insert', text, values });
  } catch (error) {
    // Among some 200,000 pending sessions two draw the same user code: Latchkey tries again too.
    if ((error as pg.DatabaseError).constraint !== 'auth_sessions_user_code_key') throw error;
    await insertOne(client, task, slot);
  }
}
