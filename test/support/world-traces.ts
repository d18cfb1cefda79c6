/** What is left behind in a world by what was done there: refusals, log entries, counts. */
import { recordLog } from '../../server/domain/log-entries.ts';
import type { LogType } from '../../server/domain/logs/types.ts';
import { callAs, nobody } from './call.ts';
import type { WorldInProgress } from './world.ts';

/** Has every key of p1 refused, and lets the rotating one be used with the secret it had. */
export async function addRefusals({
  tools,
  markers,
  environments,
}: WorldInProgress): Promise<void> {
  const { db, apiKeys, refusals, apiKeyUsage } = tools;
  const inP1 = Object.values(environments).filter(({ label }) => label.startsWith('w1-p1-'));
  let count = 4_100_000;
  for (const { label, keys } of inP1) {
    for (const [which, { id, value }] of Object.entries(keys)) {
      const { client } = callAs(tools, nobody, {
        ip: markers.plantIp(`${label}-key-${which}-refused-ip`),
        userAgent: markers.plant(`${label}-key-${which}-refused-agent`),
        foreignOrigin: 'https://evil.example',
        crossSite: true,
      });
      const refused = Promise.resolve().then(() => apiKeys.check(value, client));
      await refused.catch(() => {});
      await refusals.flush();
      count += 1;
      markers.plantNumber(`${label}-key-${which}-refused-count`, count);
      await db.$executeRaw`UPDATE api_key_refusals SET count = ${count} WHERE api_key_id = ${id}`;
    }
  }
  await apiKeyUsage.flush(true);
  const { rotating } = environments['w1-p1-production']!.keys;
  markers.plantNumber('w1-p1-production-key-rotating-uses', 4_200_000);
  await db.$executeRaw`UPDATE api_key_secrets SET use_count = 4200000, last_used_at = now()
    WHERE api_key_id = ${rotating!.id} AND ends_at IS NOT NULL`;
}

/** An entry with something in every field, in every place that has a log. */
export async function plantLogs(world: WorldInProgress): Promise<void> {
  const { tools, markers, workspaces, projects, environments } = world;
  const places = [
    ...Object.entries(workspaces).map(([label, workspaceId]) => ({ label, workspaceId })),
    ...Object.entries(projects).map(([label, projectId]) => ({
      label,
      projectId,
      workspaceId: workspaces[label.slice(0, 2)] ?? workspaces.w1!,
    })),
    ...Object.values(environments).map(({ id, keys: _, ...place }) => ({
      ...place,
      environmentId: id,
    })),
  ];
  for (const { label, ...place } of places) {
    const of = (what: string) => markers.plant(`${label}-log-planted-${what}`);
    const call = callAs(tools, { kind: 'system', reason: of('actor') });
    call.client.ip = markers.plantIp(`${label}-log-planted-ip`);
    call.client.userAgent = of('agent');
    await recordLog(tools.db, Object.assign(call, { requestId: of('request') }), {
      ...place,
      type: 'planted.entry' as LogType, // known by its name, which no other entry has
      level: 'ERROR',
      message: of('message'),
      reason: of('reason'),
      data: { after: { note: of('data') } },
    });
  }
}

/**
 * Each environment has started numbers of sessions that say whose they are: over its lifetime, in this
 * quarter hour, and some days ago, which analytics show as the days before the last two. So have each
 * project and w1, in which there are several.
 */
export async function addCounts({
  tools: { db },
  markers,
  environments,
}: WorldInProgress): Promise<void> {
  let started = 1_000_000;
  const sums = new Map<string, { all: number; today: number; before: number }>();
  for (const { label, id, projectId, workspaceId } of Object.values(environments)) {
    const numbers = { all: started, today: started + 1, before: started + 2 };
    await db.$executeRaw`DELETE FROM session_totals WHERE environment_id = ${id}`;
    await db.$executeRaw`
      INSERT INTO session_totals (environment_id, slot, project_id, workspace_id, started)
      VALUES (${id}, 0, ${projectId}, ${workspaceId}, ${numbers.all})`;
    await db.$executeRaw`DELETE FROM session_rollups WHERE environment_id = ${id}`;
    await db.$executeRaw`
      INSERT INTO session_rollups (environment_id, quarter_at, slot, project_id, workspace_id, started)
      SELECT ${id}, date_bin('15 minutes', now() - age, '2000-01-01Z'), 0, ${projectId}, ${workspaceId}, number
      FROM (VALUES (interval '0', ${numbers.today}::int), ('60 hours', ${numbers.before}::int)) AS v(age, number)`;
    plantCounts(label, numbers);
    if (!label.startsWith('gone')) {
      for (const scope of [label.slice(0, 5), ...(label.startsWith('w1') ? ['w1'] : [])]) {
        const sum = sums.get(scope) ?? { all: 0, today: 0, before: 0 };
        sums.set(scope, {
          all: sum.all + numbers.all,
          today: sum.today + numbers.today,
          before: sum.before + numbers.before,
        });
      }
    }
    started *= 2; // so that every sum is another number
  }
  for (const [label, sum] of sums) plantCounts(label, sum);

  function plantCounts(label: string, { all, today, before }: Record<string, number>): void {
    markers.plantNumber(`${label}-counts`, all!);
    markers.plantNumber(`${label}-counts-today`, today!);
    markers.plantNumber(`${label}-counts-before`, before!);
  }
}

export async function labelLogs({
  tools,
  markers,
  workspaces,
  projects,
  environments,
}: WorldInProgress): Promise<void> {
  const places = new Map([
    ...Object.entries(workspaces).map(([label, id]) => [id, label] as const),
    ...Object.entries(projects).map(([label, id]) => [id, label] as const),
    ...Object.values(environments).map(({ label, id }) => [id, label] as const),
  ]);
  const rows = await tools.db.logEntry.findMany({ orderBy: [{ at: 'asc' }, { id: 'asc' }] });
  for (const [n, { id, type, environmentId, projectId, workspaceId }] of rows.entries()) {
    const place = places.get(environmentId ?? projectId ?? workspaceId) ?? 'gone';
    markers.learn(`${place}-log-${type.replaceAll(/\W/g, '-')}-${n}-id`, id);
  }
}
