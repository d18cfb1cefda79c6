import { expect, test } from 'vitest';
import { createTestProject } from '../support/projects.ts';
import { startTestServer } from '../support/server.ts';
import { createSessionApi, subject, withKey } from '../support/session-api.ts';
import { openSocket, openStream } from '../support/socket.ts';

const server = await startTestServer();
const api = createSessionApi(server);
const counts = `subscription ($projectId: ID, $environmentId: ID) {
  liveSessionCounts(projectId: $projectId, environmentId: $environmentId) {
    id pending today { started confirmed used } lifetime { started confirmed cancelled expired used } } }`;

test('a subscriber is told the present counts at once, and each change after that', async () => {
  const project = await createTestProject(server.tools);
  const by = withKey(project.production.secret);
  await api.start(by);
  const socket = await openSocket(server.url, { init: { apiKey: project.production.secret } });
  const subscription = socket.subscribe(counts);
  const first = await subscription.until(() => true);
  expect(first.data.liveSessionCounts).toMatchObject({ pending: 1, lifetime: { started: 1 } });

  const { session } = await api.start(by);
  await api.confirm(by, { sessionId: session.sessionId, subject });
  const last = await subscription.until(
    ({ data }) => data.liveSessionCounts.lifetime.confirmed === 1,
  );
  expect(last.data.liveSessionCounts).toMatchObject({ pending: 1, lifetime: { started: 2 } });
});

test('an event stream tells the same as a socket', async () => {
  const project = await createTestProject(server.tools);
  const { secret } = project.production;
  const stream = await openStream(server.url, counts, {}, { 'x-api-key': secret });
  const socket = await openSocket(server.url, { init: { authorization: `Bearer ${secret}` } });
  const subscription = socket.subscribe(counts);
  await subscription.until(() => true);
  await api.start(withKey(secret));
  const isLast = ({ data }: { data: { liveSessionCounts: { pending: number } } }) =>
    data.liveSessionCounts.pending === 1;
  expect(await stream.until(isLast)).toEqual(await subscription.until(isLast));
});
