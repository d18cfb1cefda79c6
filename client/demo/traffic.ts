/**
 * The other process of the demonstration: a server that starts sessions, and confirms, exchanges or cancels
 * them, for four seconds. It knows where Latchkey is and its key from LATCHKEY_URL and LATCHKEY_SECRET_KEY.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createLatchkeyClient, readAnswer } from '../urql.ts';
import { isMain } from './command.ts';
import { CancelSession, ConfirmSession, ExchangeSession, StartSession } from './documents.ts';
import { takePayload } from './story.ts';

const sessions = 12;
const pauseMs = 150;

/** What becomes of every fourth of them: used, left confirmed, cancelled, left pending. */
export const trafficTotals = {
  pending: sessions / 4,
  lifetime: {
    started: sessions,
    confirmed: sessions / 2,
    used: sessions / 4,
    cancelled: sessions / 4,
    expired: 0,
  },
};

async function makeTraffic(url: string, apiKey: string): Promise<void> {
  const server = createLatchkeyClient({ url, apiKey });
  for (let n = 0; n < sessions; n += 1) {
    const { startSession } = readAnswer(await server.mutation(StartSession, { input: {} }));
    const { sessionId } = takePayload(startSession, 'StartSessionPayload').session;
    await sleep(pauseMs);
    if (n % 4 < 2) {
      const input = { sessionId, subject: { id: `customer-${n}` } };
      const { confirmSession } = readAnswer(await server.mutation(ConfirmSession, { input }));
      takePayload(confirmSession, 'ConfirmSessionPayload');
    }
    if (n % 4 === 2) {
      const { cancelSession } = readAnswer(
        await server.mutation(CancelSession, { input: { sessionId } }),
      );
      takePayload(cancelSession, 'CancelSessionPayload');
    }
    await sleep(pauseMs);
    if (n % 4 === 0) {
      const { exchangeSession } = readAnswer(
        await server.mutation(ExchangeSession, { input: { sessionId } }),
      );
      takePayload(exchangeSession, 'ExchangeSessionPayload');
    }
  }
}

if (isMain(import.meta.url)) {
  const { LATCHKEY_URL = '', LATCHKEY_SECRET_KEY = '' } = process.env;
  await makeTraffic(LATCHKEY_URL, LATCHKEY_SECRET_KEY);
}
