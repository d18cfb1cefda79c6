import { createApiKey } from '../api-keys/create.ts';
import type { Call } from '../call.ts';
import { createEnvironment } from '../environments/create.ts';
import { createProject } from '../projects/create.ts';
import { updateProject } from '../projects/update.ts';

const hourMs = 3_600_000;

/** Projects as a small company has them, the busiest first. */
const sampleProjects = [
  { name: 'Sample shop', publicAccess: false, worker: true, staging: true },
  { name: 'Sample app', publicAccess: true, worker: false, staging: true },
  { name: 'Sample portal', publicAccess: false, worker: false, staging: false },
  { name: 'Sample back office', publicAccess: false, worker: false, staging: false },
];

/**
 * Makes the projects that seeded history happens in, as if an hour before it began. Those that are there
 * stay as they are; one whose making was broken off has fewer keys than the others and is as good.
 *
 * @returns the ids of the projects
 */
export async function makeSampleProjects(
  call: Call,
  { workspaceId, from }: { workspaceId: string; from: Date },
): Promise<string[]> {
  const ids: string[] = [];
  for (const sample of sampleProjects) {
    const there = await call.db.project.findFirst({
      where: { workspaceId, name: sample.name },
      orderBy: { createdAt: 'asc' },
    });
    ids.push(there?.id ?? (await makeProject(call, workspaceId, sample)));
    if (!there) await dateBack(call, ids.at(-1)!, new Date(from.getTime() - hourMs));
  }
  return ids;
}

async function makeProject(
  call: Call,
  workspaceId: string,
  { name, publicAccess, worker, staging }: (typeof sampleProjects)[number],
): Promise<string> {
  const { projectId } = await createProject(call, { name, workspaceId });
  if (publicAccess) await updateProject(call, { id: projectId, version: 1, publicAccess });
  if (worker) {
    const { defaultEnvironmentId: environmentId } = await call.db.project.findUniqueOrThrow({
      where: { id: projectId },
    });
    await createApiKey(call, { environmentId, name: 'Worker', type: 'SECRET' });
  }
  if (staging) {
    const kind = 'STAGING';
    const { id } = await createEnvironment(call, { projectId, name: 'Staging', kind });
    await createApiKey(call, { environmentId: id, name: 'Staging server', type: 'SECRET' });
  }
  return projectId;
}

/** What this call made of a project, and what the log says of it, as if it had been made then. */
async function dateBack({ db, requestId }: Call, projectId: string, to: Date): Promise<void> {
  const made = [
    ['projects', 'created_at', 'id = $1'],
    ['environments', 'created_at', 'project_id = $1'],
    [
      'api_keys',
      'created_at',
      'environment_id IN (SELECT id FROM environments WHERE project_id = $1)',
    ],
    ['api_key_secrets', 'created_at', 'project_id = $1'],
    ['log_entries', 'at', 'project_id = $1 AND request_id = $3'],
  ] as const;
  for (const [table, column, where] of made) {
    // All by the same, so that what came first still does. `$3` is named for the sake of its type.
    await db.$pool.query(
      `UPDATE ${table} SET ${column} = ${column} - (now() - $2::timestamptz)
       WHERE ${where} AND $3::text IS NOT NULL`,
      [projectId, to, requestId],
    );
  }
}
