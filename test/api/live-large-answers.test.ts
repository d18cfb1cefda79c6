/** Large answers over a socket, and live messages beside them, to a reader who takes their time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createTestProject } from '../support/projects.ts';
import { startTestServer } from '../support/server.ts';
import { createSessionApi, withKey } from '../support/session-api.ts';
import { openSocket } from '../support/socket.ts';

const server = await startTestServer();
const api = createSessionApi(server);
const project = await createTestProject(server.tools);
const { secret } = project.production;
const counts = 'subscription { liveSessionCounts { lifetime { started } } }';
const page = `query ($project: ID!) { project(id: $project) { logs(first: 100) { edges { node { id data } } } } }`;
const variables = { project: project.id };

await server.db.$pool.query(
  `INSERT INTO log_entries (id, type, message, actor_kind, actor_label, workspace_id, project_id, environment_id, data)
   SELECT 'log_' || lpad(i::text, 26, '0'), 'session.started', 'large', 'SYSTEM', 'test', $1, $2, $3,
     jsonb_build_object('text', repeat('x', 20000))
   FROM generate_series(1, 100) i`,
  [project.workspaceId, project.id, project.production.id],
);

test('many at once disconnect nobody who reads on after a while', async () => {
  const client = await openSocket(server.url, { init: { apiKey: secret } });
  const { socket, subscribe } = client;
  const live = subscribe(counts);
  await live.until();
  socket.pause();
  const answers = Array.from({ length: 12 }, () => subscribe(page, variables));
  for (let times = 0; times < 4; times += 1) {
    await api.start(withKey(secret));
    await sleep(300);
  }
  socket.resume();
  const areComplete = () => answers.every(({ isComplete }) => isComplete);
  await expect.poll(() => client.closed ?? areComplete()).toBe(true);
  for (const { results } of answers) {
    expect(results[0].data.project.logs.edges).toHaveLength(100);
  }
  const { started } = live.results.at(-1).data.liveSessionCounts.lifetime;
  await api.start(withKey(secret));
  await live.until(({ data }) => data.liveSessionCounts.lifetime.started > started);
});
