import { afterEach, beforeEach, expect } from 'vitest';
import type { TestServer } from './server.ts';

/**
 * Holds every test of the file to it that what is refused leaves no trace: neither in the tables,
 * nor, as a fault of ours, in the server's log.
 */
export function expectNothingWritten(server: TestServer): void {
  let before: unknown;

  async function readRows(): Promise<unknown> {
    const { rows } = await server.db.$pool.query(`
      SELECT (SELECT jsonb_agg(p ORDER BY id) FROM projects p) AS projects,
        (SELECT jsonb_agg(e ORDER BY id) FROM environments e) AS environments,
        (SELECT jsonb_agg(a ORDER BY id) FROM auth_sessions a) AS sessions,
        (SELECT count(*) FROM log_entries) AS entries,
        (SELECT sum(started + confirmed + cancelled + used) FROM session_totals) AS counted`);
    return rows[0];
  }

  beforeEach(async () => {
    before = await readRows();
    server.log.length = 0;
  });

  afterEach(async () => {
    expect(await readRows(), 'rows').toEqual(before);
    expect(
      server.log.filter(({ level }) => level === 'error'),
      'faults in the log',
    ).toEqual([]);
  });
}
