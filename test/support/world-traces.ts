/** What is left behind in a world by what was done there: refusals, log entries, counts. */
import { recordLog } from '../../server/domain/log-entries.ts';
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

/** An entry with something in every field, in every place that has a log; and a webhook. */
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
      type: 'planted.entry',
      level: 'ERROR',
      message: of('message'),
      reason: of('reason'),
      data: { after: { note: of('data') } },
    });
  }
  for (const { label, id: environmentId } of Object.values(environments)) {
    if (label.startsWith('gone')) continue;
    const url = `https://${markers.plant(`${label}-hidden-webhook`)}.example`;
    const row = {
      id: `whk_${environmentId.slice(4)}`,
      environmentId,
      url,
      eventTypes: ['session.used'],
    };
    await tools.db.webhookEndpoint.create({ data: row });
  }
}

/** Each environment has started a number of sessions that says whose it is; so has each project. */
export async function addCounts({
  tools: { db },
  markers,
  environments,
}: WorldInProgress): Promise<void> {
  let started = 10_000_000;
  const sums = new Map<string, number>();
  for (const { label, id, projectId, workspaceId } of Object.values(environments)) {
    await db.$executeRaw`DELETE FROM session_totals WHERE environment_id = ${id}`;
    await db.$executeRaw`
      INSERT INTO session_totals (environment_id, slot, project_id, workspace_id, started)
      VALUES (${id}, 0, ${projectId}, ${workspaceId}, ${started})`;
    markers.plantNumber(`${label}-counts`, started);
    if (!label.startsWith('gone')) {
      const project = label.slice(0, 5);
      sums.set(project, (sums.get(project) ?? 0) + started);
    }
    started *= 2; // so that every sum is another number
  }
  for (const [label, sum] of sums) markers.plantNumber(`${label}-counts`, sum);
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
