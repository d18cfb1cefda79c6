/** Development needs no server: a publishable key starts, and the link alone confirms. */
import { randomUUID } from 'node:crypto';
import { readAnswer } from '../urql.ts';
import type { Cast, Shop } from './cast.ts';
import { CancelSession, ConfirmSession, ExchangeSession, StartSession } from './documents.ts';
import { claimRefused, verifyProof } from './proof.ts';
import { takePayload, UnexpectedAnswerError } from './story.ts';

/** A test sign-in. Its proof says that it is one: it fails the check of production. */
export async function signInByTest(cast: Cast, shop: Shop): Promise<void> {
  const { story, device, url } = cast;
  const app = cast.withKey(shop.developmentKey);
  const nonce = randomUUID();

  const started = await story.step(
    'Start a session in Development with its publishable key.',
    async (tell) => {
      const input = { nonce };
      const { startSession } = readAnswer(await app.mutation(StartSession, { input }));
      const payload = takePayload(startSession, 'StartSessionPayload');
      const { sessionId, status } = payload.session;
      tell({ key: shop.developmentKey, session: sessionId, status });
      tell({ channels: payload.channels.map(({ channel }) => channel).join(', ') });
      return payload;
    },
  );

  await story.step('Confirm it as a test: by the link token, without any key.', async (tell) => {
    const input = { linkToken: started.linkToken, subject: { id: 'tester-1' } };
    const { confirmSession } = readAnswer(await device.mutation(ConfirmSession, { input }));
    tell({ status: takePayload(confirmSession, 'ConfirmSessionPayload').session.status });
  });

  await story.step('Exchange it as the device. Only a test accepts the proof.', async (tell) => {
    const input = { clientSecret: started.clientSecret };
    const { exchangeSession } = readAnswer(await device.mutation(ExchangeSession, { input }));
    const { subject, proof } = takePayload(exchangeSession, 'ExchangeSessionPayload');
    const issuer = new URL(started.confirmUrl).origin;
    const expected = { url, issuer, audience: shop.developmentId, nonce };
    const claims = await verifyProof(proof, expected);
    tell({ subject: `${subject.provider}:${subject.id}`, audience: String(claims.aud) });
    const refused = await claimRefused(proof, { ...expected, audience: shop.projectId });
    if (refused !== 'aud') {
      throw new UnexpectedAnswerError('The check of production should have refused the audience.');
    }
    tell({ 'in production': 'refused for its audience' });
  });
}

/** The waiting device gives up. */
export async function cancelByDevice(cast: Cast, shop: Shop): Promise<void> {
  const app = cast.withKey(shop.developmentKey);
  await cast.story.step('Start another session and cancel it as the device.', async (tell) => {
    const { startSession } = readAnswer(await app.mutation(StartSession, { input: {} }));
    const { session, clientSecret } = takePayload(startSession, 'StartSessionPayload');
    const input = { clientSecret, reason: 'Changed my mind' };
    const { cancelSession } = readAnswer(await cast.device.mutation(CancelSession, { input }));
    const { status } = takePayload(cancelSession, 'CancelSessionPayload').session;
    tell({ session: session.sessionId, status });
  });
}
