/** What happens live: counts, a waiting device, the log, and the end of a key. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { followLog } from '../follow-log.ts';
import { type LatchkeyClient, readAnswer } from '../urql.ts';
import { describeLogEntry } from './activity-lines.ts';
import type { Cast, Shop } from './cast.ts';
import { CancelSession, ConfirmSession, ExchangeSession, StartSession } from './documents.ts';
import type { LiveCountsSubscription } from './gql/graphql.ts';
import { DeleteKey, LogTail, LookAtKey, WaitForSession } from './live-documents.ts';
import { takeFound, takePayload, UnexpectedAnswerError } from './story.ts';
import { trafficTotals } from './traffic.ts';
import { type Watch, waitFor, watch } from './watch.ts';

/** Both are at work in all that follows. */
export interface Live {
  /** With the secret key. */
  server: LatchkeyClient;
  counts: Watch<LiveCountsSubscription>;
}

function describeCounts({ pending, lifetime }: LiveCountsSubscription['liveSessionCounts']) {
  const { started, confirmed, used, cancelled } = lifetime;
  const counts = { pending, started, confirmed, used, cancelled };
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${String(count).padStart(2)}`)
    .join('   ');
}

const time = () => new Date().toISOString().slice(11, 23);

export async function watchCounts(
  { story, url }: Cast,
  { secret }: Shop,
  { server, counts }: Live,
) {
  await story.step('Subscribe to the counts. The present ones come first.', async (tell) => {
    const { liveSessionCounts } = await counts.until('The present counts', () => true);
    tell({ now: describeCounts(liveSessionCounts), connection: server.live.status.state });
  });

  await story.step(
    'Watch them, while another process starts and confirms sessions.',
    async (tell, show) => {
      let messages = 0;
      counts.listen(({ liveSessionCounts }) => {
        messages += 1;
        show(`${time()}  ${describeCounts(liveSessionCounts)}`);
      });
      const expected = describeCounts(trafficTotals);
      const pid = await haveTraffic(url, secret);
      await counts.until(
        'The final counts',
        ({ liveSessionCounts }) => describeCounts(liveSessionCounts) === expected,
      );
      counts.listen(() => {});
      tell({ messages, 'the other was': `process ${pid}` });
    },
  );
}

/** @throws {UnexpectedAnswerError} the other process failed, with what it said */
async function haveTraffic(url: string, secret: string): Promise<number | undefined> {
  const args = ['--import', 'tsx', fileURLToPath(new URL('traffic.ts', import.meta.url))];
  const env = { ...process.env, LATCHKEY_URL: url, LATCHKEY_SECRET_KEY: secret };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  if (code === 0) return child.pid;
  throw new UnexpectedAnswerError(`The other process failed: ${said.trim()}`);
}

export async function watchSession({ story, device }: Cast, { server }: Live): Promise<void> {
  await story.step('Watch a session, as a device without any key.', async (tell, show) => {
    const { startSession } = readAnswer(await server.mutation(StartSession, { input: {} }));
    const { session, clientSecret } = takePayload(startSession, 'StartSessionPayload');
    const { sessionId } = session;
    const waiting = watch(device, WaitForSession, { clientSecret });
    waiting.listen(({ sessionChanged }) => show(`${time()}  ${sessionChanged.status}`));
    const seen = (status: string) =>
      waiting.until(status, ({ sessionChanged }) => sessionChanged.status === status);

    await seen('PENDING');
    const input = { sessionId, subject: { id: 'customer-1', name: 'Ada' } };
    const { confirmSession } = readAnswer(await server.mutation(ConfirmSession, { input }));
    takePayload(confirmSession, 'ConfirmSessionPayload');
    await seen('CONFIRMED');
    const { exchangeSession } = readAnswer(
      await server.mutation(ExchangeSession, { input: { sessionId } }),
    );
    takePayload(exchangeSession, 'ExchangeSessionPayload');
    await seen('USED');
    // The server lets go of a socket by which nothing more can come.
    await waitFor('The end of the connection', () => device.live.status.state === 'idle');
    tell({ session: sessionId, connection: device.live.status.state });
  });
}

export async function tailLog({ story }: Cast, { projectId }: Shop, { server }: Live) {
  await story.step('Follow the log from where it stands.', async (tell, show) => {
    let entries = 0;
    let failure: Error | null = null;
    const stop = await followLog(
      server,
      LogTail,
      { projectId },
      {
        entry(entry) {
          entries += 1;
          show(describeLogEntry(entry));
        },
        failed(error) {
          failure = error;
        },
      },
    );
    const { startSession } = readAnswer(await server.mutation(StartSession, { input: {} }));
    const { sessionId } = takePayload(startSession, 'StartSessionPayload').session;
    const input = { sessionId, reason: 'Changed my mind' };
    const { cancelSession } = readAnswer(await server.mutation(CancelSession, { input }));
    takePayload(cancelSession, 'CancelSessionPayload');
    await waitFor('The second entry', () => entries === 2 || failure !== null);
    stop();
    if (failure) throw failure;
    tell({ entries });
  });
}

/** What runs by a key ends with it, within a second. */
export async function deleteKey({ story, owner }: Cast, { server, counts }: Live): Promise<void> {
  await story.step('Delete the key. What it opened is closed.', async (tell) => {
    const answer = readAnswer(await server.query(LookAtKey, {}));
    const { id, name } = takeFound(answer.viewerKey, 'The key');
    const input = { id, confirmName: name };
    const { deleteApiKey } = readAnswer(await owner.mutation(DeleteKey, { input }));
    takePayload(deleteApiKey, 'DeleteApiKeyPayload');
    const deletedAt = performance.now();
    const { message, code, reason } = await counts.untilRefused();
    tell({ 'the subscription': message, after: `${Math.round(performance.now() - deletedAt)} ms` });
    tell({ code, reason });
    if (reason !== 'DELETED') throw new UnexpectedAnswerError('It should have been DELETED.');
  });
}
