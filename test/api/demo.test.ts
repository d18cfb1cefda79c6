import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { runDemo } from '../../client/demo/demo.ts';
import { DemoFailedError, type Step } from '../../client/demo/story.ts';
import { startTestServer } from '../support/server.ts';
import { type Statement, watchStatements } from '../support/statements.ts';

const server = await startTestServer();
const watch = watchStatements(server.db);
// As a server does before it listens: the first key of all is made once, by nobody's request.
await server.tools.signingKeys.rotateIfDue();
await server.tools.signingKeys.current();

interface Sent {
  operation: string;
  url: string;
  method: string | undefined;
  requestBody: string;
  replyBody: string;
  statements: Statement[];
}

/** Runs the demonstration once, and keeps what it printed, sent and made the database do. */
async function record() {
  const lines: string[] = [];
  const sent: Sent[] = [];
  const watchedFetch: typeof fetch = async (input, init) => {
    const { result, statements } = await watch.during(() => fetch(input, init));
    const requestBody = String(init?.body);
    const { operationName: operation } = JSON.parse(requestBody);
    const replyBody = await result.clone().text();
    const { method } = init ?? {};
    sent.push({ operation, url: String(input), method, requestBody, replyBody, statements });
    return result;
  };
  const print = (line: string) => void lines.push(line);
  const steps = await runDemo({ url: server.url, print, fetch: watchedFetch });
  return { steps, lines, sent };
}

const { steps, lines, sent } = await record();

/** Without what is new each time: ids, instants, random names. */
function masked(text: string): string {
  return text
    .replace(/\b(prj|env|ses)_[0-9a-z]{26}/g, '$1_…')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'INSTANT')
    .replace(/\d\d:\d\d:\d\d\.\d{3}/g, 'TIME')
    .replace(/demo-[0-9a-f]{12}/g, 'demo-…')
    .replace(/\b[BCDFGHJKLMNPQRSTVWXZ]{8}\b/g, 'USERCODE')
    .replace(/sk_live_\w{4}…\w{4}/g, 'sk_live_PREVIEW')
    .replace(/pk_test_\w{49}/g, 'pk_test_VALUE')
    .replace(/(\bcs_01\w{3}|\b01\w{6}|\beyJhbGci)… \(\d+ characters\)/g, 'SHORTENED')
    .replaceAll(server.url, 'URL');
}

/** What the step whose sentence has these words showed. */
function factsOf(words: string): Step['facts'] {
  const step = steps.find(({ sentence }) => sentence.includes(words));
  if (!step) throw new Error(`No step says "${words}".`);
  return step.facts;
}

describe('the demonstration', () => {
  test('tells the main path and its refusals, step by step', () => {
    expect(masked(lines.join('\n'))).toMatchInlineSnapshot(`
      "✓  1. Ask the server what it is.
             version   0.1.0
             channels  SERVER, TEST
             sign-up   OPEN

      ✓  2. Sign up a fresh account. The cookie signs it in.
             email      demo-…@example.com
             workspace  Demo's workspace (OWNER)

      ✓  3. Create a project. Its secret key is shown this once.
             project       Demo shop, prj_…
             version       1
             environments  PRODUCTION   env_…
                           DEVELOPMENT  env_…
             secret key    sk_live_PREVIEW (only its preview is printed)

      ✓  4. Start a session with the secret key.
             session        ses_…
             status         PENDING
             expires at     INSTANT
             user code      USERCODE
             client secret  SHORTENED
             link token     SHORTENED

      ✓  5. Look at it as the waiting device, by its client secret.
             status            PENDING
             look again after  2 s

      ✓  6. Look at it as the person who scanned the QR code.
             project          Demo shop
             environment      PRODUCTION
             device           Demo television at 203.0.113.7
             code to compare  USERCODE
             channels         SERVER

      ✓  7. Confirm it by the server, with the scanned link token.
             status           CONFIRMED
             exchange until   INSTANT
             the device sees  CONFIRMED

      ✓  8. Exchange it for the proof.
             status   USED
             subject  server:customer-1, Ada
             proof    SHORTENED

      ✓  9. Check the proof against the published keys, with the jose library.
             issuer    URL
             audience  prj_…
             subject   server:customer-1
             nonce     as it was sent
             session   ses_…
             expires   INSTANT

      ✓ 10. Exchange it a second time: refused.
             code     SESSION_ALREADY_USED
             message  This session was exchanged before, and can be only once.

      ✓ 11. Start a session in Development with its publishable key.
             key       pk_test_VALUE
             session   ses_…
             status    PENDING
             channels  SERVER, TEST

      ✓ 12. Confirm it as a test: by the link token, without any key.
             status  CONFIRMED

      ✓ 13. Exchange it as the device. Only a test accepts the proof.
             subject        test:tester-1
             audience       env_…
             in production  refused for its audience

      ✓ 14. Start another session and cancel it as the device.
             session  ses_…
             status   CANCELLED

      ✓ 15. Read the project's counters, sessions and log.
             counters  3 started, 2 confirmed, 2 used, 1 cancelled, 0 expired, 0 pending
             sessions  ses_…  CANCELLED  development  nobody
                       ses_…  USED       development  test:tester-1 by TEST
                       ses_…  USED       production   server:customer-1 by SERVER
             log       TIME  session.cancelled  development  by Waiting device
                       TIME  session.started    development  by Publishable key
                       TIME  session.used       development  by Waiting device
                       TIME  session.confirmed  development  by tester-1
                       TIME  session.started    development  by Publishable key
                       TIME  session.used       production   by Secret key
                       TIME  session.confirmed  production   by Secret key
                       TIME  session.started    production   by Secret key
                       TIME  project.created    project      by demo-…@example.com

      ✓ 16. Switch the project off, naming the version that was read.
             active   false
             version  1 → 2

      ✓ 17. Start a session with the secret key: refused.
             code     PROJECT_INACTIVE
             message  This project is inactive, so it starts no new sessions. Activate it in its settings.

      ✓ 18. Edit the project with the version of before: refused.
             code       CONFLICT
             message    The project was changed since you read it.
             it is now  2
      "
    `);
  });

  test('ties the proof to the project, the session and the server', () => {
    const [, projectId] = String(factsOf('Create a project').project).split(', ');
    const session = factsOf('Start a session with the secret key.').session;
    expect(factsOf('Check the proof')).toMatchObject({
      issuer: server.url,
      audience: projectId,
      subject: 'server:customer-1',
      session,
    });
  });

  test('numbers its steps, and shows something of each', () => {
    expect(steps.map(({ number }) => number)).toEqual(steps.map((_, index) => index + 1));
    for (const { facts } of steps) expect(facts).not.toEqual({});
  });

  test('asks by POST only, with nothing in the URL', () => {
    expect(new Set(sent.map(({ method }) => method))).toEqual(new Set(['POST']));
    expect(new Set(sent.map(({ url }) => url))).toEqual(new Set([`${server.url}/graphql`]));
  });

  test('prints no secret in full', () => {
    const bodies = sent.flatMap(({ requestBody, replyBody }) => [requestBody, replyBody]).join();
    const names = 'secret|clientSecret|linkToken|confirmUrl|proof|password';
    const secrets = [...bodies.matchAll(new RegExp(`"(?:${names})":"([^"]+)"`, 'g'))].map(
      ([, value]) => value!,
    );
    expect(new Set(secrets).size).toBeGreaterThanOrEqual(13);
    const printed = lines.join('\n');
    for (const secret of secrets) expect(printed).not.toContain(secret);
  });

  test('ends at the first step that fails, with its code and the request id of the server', async () => {
    const closed = await startTestServer({ tools: { signUp: 'CLOSED' } });
    const printed: string[] = [];
    const failure = await runDemo({ url: closed.url, print: (line) => printed.push(line) }).catch(
      (error) => error,
    );
    expect(failure).toBeInstanceOf(DemoFailedError);
    expect(failure).toMatchObject({
      step: { number: 2 },
      code: 'SIGN_UP_CLOSED',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(printed.at(-2)).toMatch(/^✗ {2}2\. Sign up/);
  });

  test('says how to start a server where none answers, and exits with 1', async () => {
    const { url, close } = await startTestServer();
    await close();
    const args = ['--import', 'tsx', 'client/demo/demo.ts', '--url', url];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const exit = new Promise((resolve) => child.once('exit', resolve));
    const printed = await text(child.stderr);
    expect(printed).toContain(`No server answers at ${url}. Start it with npm start`);
    expect(await exit).toBe(1);
  });
});

describe('the SQL statements', () => {
  /** A key is looked up once a second at most, so these depend on the clock. */
  const isKeyLookup = ({ name }: Statement) => name === 'api-key-check';
  /** So do these, of which there are at most four a second: that other processes may look at the log. */
  const isMessage = ({ name }: Statement) => name === 'live-tell';

  test('of each operation are few, and as many each time it goes the same way', () => {
    const counts: Record<string, string> = {};
    for (const { operation, statements } of sent) {
      const count = statements.filter((each) => !isKeyLookup(each) && !isMessage(each)).length;
      const before = counts[operation];
      counts[operation] = before === undefined ? `${count}` : `${before}, ${count}`;
    }
    // What its reply loads comes in one statement or two, as the turns of the event loop fall.
    for (const [operation, most] of [
      ['CreateProject', 16],
      ['ReadActivity', 7],
    ] as const) {
      expect(Number(counts[operation]), operation).toBeLessThanOrEqual(most);
      delete counts[operation];
    }
    expect(counts).toMatchInlineSnapshot(`
      {
        "CancelSession": "1",
        "ConfirmSession": "1, 1",
        "ExchangeSession": "1, 3, 2",
        "LookAtServer": "0",
        "LookAtSession": "1",
        "SignUp": "10",
        "StartSession": "2, 4, 4, 1",
        "SwitchProject": "6, 4",
        "WatchSession": "1, 1",
      }
    `);
  });

  test('that check a key are one while it is cold, and none while it is warm', () => {
    for (const { statements } of sent) {
      expect(statements.filter(isKeyLookup).length).toBeLessThanOrEqual(1);
    }
  });
});
