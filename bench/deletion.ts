/**
 * `npm run bench -- deletion`: deleting a project with a million sessions and as many log entries
 * against deleting an empty one, through the API; and how long the job takes to remove the rows.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { account, createProjects, type Project, send, startLatchkey } from './latchkey.ts';
import { formatTable } from './table.ts';

const rows = 1_000_000;
const emptyProjects = 9;

/** Sessions as they are after a while, with their log entries, past the API: it is not measured. */
const fillSql = `
WITH made AS (
  INSERT INTO auth_sessions (id, workspace_id, project_id, environment_id, started_with, status, user_code,
    require_user_code, master_key_id, created_at, expires_at, cancelled_at)
  SELECT 'ses_' || lpad(n::text, 26, '0'), $1, $2, $3, 'SECRET_KEY', 'CANCELLED', 'BBBBBBBB', false, 'k1',
    now() - n * interval '1 second', now() - n * interval '1 second' + interval '10 minutes', now()
  FROM generate_series(1, $4::int) n RETURNING id
)
INSERT INTO log_entries (id, type, message, actor_kind, actor_label, workspace_id, project_id, environment_id, session_id)
SELECT 'log_' || substr(id, 5), 'session.cancelled', 'Session cancelled.', 'SYSTEM', 'bench', $1, $2, $3, id FROM made`;

async function timeDeletion(port: number, cookie: string, project: Project, n: number) {
  const before = performance.now();
  await send(
    port,
    `mutation ($input: DeleteProjectInput!) { deleteProject(input: $input) { __typename } }`,
    { id: project.id, confirmName: `Project ${n}` },
    cookie,
  );
  return performance.now() - before;
}

export async function deletion(): Promise<string> {
  const { port, databaseUrl } = await startLatchkey();
  const latchkey = { port };
  const projects = await createProjects(latchkey, emptyProjects + 1);
  const { cookie } = await send(
    port,
    'mutation ($input: SignInInput!) { signIn(input: $input) { __typename } }',
    { email: account.email, password: account.password },
  );
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    const full = projects[emptyProjects]!;
    await database.query(fillSql, [full.workspaceId, full.id, full.environmentId, rows]);
    await database.query('ANALYZE');
    const empty: number[] = [];
    for (const [index, project] of projects.slice(0, emptyProjects).entries()) {
      empty.push(await timeDeletion(port, cookie, project, index + 1));
    }
    const fullMs = await timeDeletion(port, cookie, full, emptyProjects + 1);
    const from = performance.now();
    for (;;) {
      const { rows: left } = await database.query(
        `SELECT (SELECT count(*) FROM auth_sessions WHERE environment_id = $1)
           + (SELECT count(*) FROM log_entries WHERE environment_id = $1) AS count`,
        [full.environmentId],
      );
      if (Number(left[0].count) === 0) break;
      await sleep(500);
    }
    const purgeSeconds = (performance.now() - from) / 1000;
    const [least, median] = [Math.min(...empty), empty.sort((a, b) => a - b)[emptyProjects >> 1]!];
    return `Deleting a project through the API\n\n${formatTable([
      ['', 'ms'],
      [`empty, least of ${emptyProjects}`, least.toFixed(1)],
      [`empty, median of ${emptyProjects}`, median.toFixed(1)],
      [`${rows} sessions, ${rows} log entries`, fullMs.toFixed(1)],
      ['ratio to the median', (fullMs / median).toFixed(2)],
    ])}\n\nIts ${2 * rows} rows were removed by the job after ${purgeSeconds.toFixed(0)} s.\n`;
  } finally {
    await database.end();
  }
}
