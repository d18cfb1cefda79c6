/** From nothing to a proof: an account, a project, and one sign-in by its server. */
import { randomBytes, randomUUID } from 'node:crypto';
import { readAnswer } from '../urql.ts';
import type { Cast, Shop } from './cast.ts';
import {
  ConfirmSession,
  CreateProject,
  ExchangeSession,
  LookAtServer,
  LookAtSession,
  SignUp,
  StartSession,
  WatchSession,
} from './documents.ts';
import { verifyProof } from './proof.ts';
import { shorten, takeFound, takePayload, takeRefusal } from './story.ts';

/** A fresh account with a fresh project, so that the demonstration can run any number of times. */
export async function createAccountAndProject({ story, owner }: Cast): Promise<Shop> {
  await story.step('Ask the server what it is.', async (tell) => {
    const { server } = readAnswer(await owner.query(LookAtServer, {}));
    tell({ version: server.version, channels: server.channels.join(', ') });
    tell({ 'sign-up': `${server.signUp}${server.signUpOpen ? '' : ', no more accounts'}` });
  });

  await story.step('Sign up a fresh account. The cookie signs it in.', async (tell) => {
    const email = `demo-${randomBytes(6).toString('hex')}@example.com`;
    const input = { email, name: 'Demo', password: randomBytes(18).toString('base64url') };
    const { signUp } = readAnswer(await owner.mutation(SignUp, { input }));
    const { viewer } = takePayload(signUp, 'SignUpPayload');
    const { role, workspace } = takeFound(viewer.memberships[0], 'The first workspace');
    tell({ email: viewer.email, workspace: `${workspace.name} (${role})` });
  });

  return story.step('Create a project. Its secret key is shown this once.', async (tell) => {
    const input = { name: 'Demo shop' };
    const { createProject } = readAnswer(await owner.mutation(CreateProject, { input }));
    const made = takePayload(createProject, 'CreateProjectPayload');
    const { id: projectId, version, name, environments } = made.project;
    const development = takeFound(
      environments.find(({ kind }) => kind === 'DEVELOPMENT'),
      'The environment Development',
    );
    const key = takeFound(development.primaryKey, 'The key of Development').publishableValue;
    tell({ project: `${name}, ${projectId}`, version });
    tell({ environments: environments.map(({ kind, id }) => `${kind.padEnd(11)}  ${id}`) });
    tell({ 'secret key': `${made.secretKey.preview} (only its preview is printed)` });
    const developmentKey = takeFound(key, 'The value of the key of Development');
    return {
      projectId,
      version,
      secret: made.secret,
      developmentId: development.id,
      developmentKey,
    };
  });
}

/** A sign-in that the project's own server starts, confirms and exchanges, with its secret key. */
export async function signInByServer(cast: Cast, shop: Shop): Promise<void> {
  const { story, device, url } = cast;
  const server = cast.withKey(shop.secret);
  const nonce = randomUUID();

  const started = await story.step('Start a session with the secret key.', async (tell) => {
    const input = {
      nonce,
      metadata: { cart: 42 },
      endUserIp: '203.0.113.7',
      endUserAgent: 'Demo television',
    };
    const { startSession } = readAnswer(await server.mutation(StartSession, { input }));
    const payload = takePayload(startSession, 'StartSessionPayload');
    const { sessionId, status, expiresAt } = payload.session;
    tell({ session: sessionId, status, 'expires at': expiresAt, 'user code': payload.userCode });
    tell({
      'client secret': shorten(payload.clientSecret),
      'link token': shorten(payload.linkToken),
    });
    return payload;
  });
  const { clientSecret, linkToken } = started;
  const { sessionId } = started.session;

  await story.step('Look at it as the waiting device, by its client secret.', async (tell) => {
    const answer = readAnswer(await device.query(WatchSession, { clientSecret }));
    const watched = takeFound(answer.watchedSession, 'The session');
    tell({ status: watched.status, 'look again after': `${watched.pollIntervalSeconds} s` });
  });

  await story.step('Look at it as the person who scanned the QR code.', async (tell) => {
    const answer = readAnswer(await device.query(LookAtSession, { linkToken }));
    const session = takeFound(answer.sessionToConfirm, 'The session');
    tell({ project: session.projectName, environment: session.environmentKind });
    tell({ device: `${session.startedFromUserAgent} at ${session.startedFromIp}` });
    tell({ 'code to compare': session.userCode });
    tell({ channels: session.channels.map(({ channel }) => channel).join(', ') });
  });

  await story.step('Confirm it by the server, with the scanned link token.', async (tell) => {
    const input = {
      linkToken,
      subject: { id: 'customer-1', name: 'Ada', email: 'ada@example.com' },
    };
    const { confirmSession } = readAnswer(await server.mutation(ConfirmSession, { input }));
    const { session } = takePayload(confirmSession, 'ConfirmSessionPayload');
    const answer = readAnswer(await device.query(WatchSession, { clientSecret }));
    tell({ status: session.status, 'exchange until': session.exchangeableUntil });
    tell({ 'the device sees': takeFound(answer.watchedSession, 'The session').status });
  });

  const proof = await story.step('Exchange it for the proof.', async (tell) => {
    const input = { sessionId };
    const { exchangeSession } = readAnswer(await server.mutation(ExchangeSession, { input }));
    const { session, subject, proof } = takePayload(exchangeSession, 'ExchangeSessionPayload');
    tell({ status: session.status, subject: `${subject.provider}:${subject.id}, ${subject.name}` });
    tell({ proof: shorten(proof) });
    return proof;
  });

  await story.step(
    'Check the proof against the published keys, with the jose library.',
    async (tell) => {
      // The server signs as its PUBLIC_URL, which may be another name than the one used here.
      const issuer = new URL(started.confirmUrl).origin;
      const claims = await verifyProof(proof, { url, issuer, audience: shop.projectId, nonce });
      tell({
        issuer: claims.iss ?? null,
        audience: String(claims.aud),
        subject: claims.sub ?? null,
      });
      tell({ nonce: 'as it was sent', session: String(claims.sid) });
      tell({ expires: new Date((claims.exp ?? 0) * 1000).toISOString() });
    },
  );

  await story.step('Exchange it a second time: refused.', async (tell) => {
    const input = { sessionId };
    const { exchangeSession } = readAnswer(await server.mutation(ExchangeSession, { input }));
    tell(takeRefusal(exchangeSession, 'SESSION_ALREADY_USED'));
  });
}
