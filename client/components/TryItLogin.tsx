import { useSubscription } from 'urql';
import { type PayloadOf, useAction } from '../answers.tsx';
import type { ExchangeTrialMutation, StartTrialMutation } from '../gql/graphql.ts';
import { graphql } from '../gql/index.ts';
import { Status } from '../ui/Badge.tsx';
import { Button } from '../ui/Button.tsx';
import { classNames } from '../ui/class-names.ts';
import { sessionStatus } from '../words.ts';
import { ProblemNotice } from './ProblemNotice.tsx';
import styles from './TryIt.module.css';
import { groupCode } from './user-code.ts';

const StartTrial = graphql(`
  mutation StartTrial($input: StartSessionInput!) {
    startSession(input: $input) {
      __typename
      ... on StartSessionPayload {
        session { sessionId status }
        clientSecret
        linkToken
        qrCodeUrl
        userCode
      }
      ...Problem_UserError
    }
  }
`);

const WatchTrial = graphql(`
  subscription WatchTrial($clientSecret: String!) {
    sessionChanged(clientSecret: $clientSecret) { sessionId status }
  }
`);

const ExchangeTrial = graphql(`
  mutation ExchangeTrial($input: ExchangeSessionInput!) {
    exchangeSession(input: $input) {
      __typename
      ... on ExchangeSessionPayload {
        session { sessionId status }
        subject { provider id name }
        proof
      }
      ...Problem_UserError
    }
  }
`);

export type StartedTrial = PayloadOf<StartTrialMutation>;
export type ExchangedTrial = PayloadOf<ExchangeTrialMutation>;

/** The waiting side: what an integrator's login page shows, and does, in turn. */
export function TryItLogin({
  projectName,
  environmentId,
  started,
  exchanged,
  onStarted,
  onExchanged,
}: {
  projectName: string;
  environmentId: string;
  started: StartedTrial | null;
  exchanged: ExchangedTrial | null;
  onStarted: (started: StartedTrial) => void;
  onExchanged: (exchanged: ExchangedTrial) => void;
}) {
  const starting = useAction(StartTrial);
  const exchanging = useAction(ExchangeTrial);
  const clientSecret = started?.clientSecret ?? '';
  const [watched] = useSubscription({
    query: WatchTrial,
    variables: { clientSecret },
    pause: clientSecret === '',
  });
  const seen = watched.data?.sessionChanged;
  const isOfThis = started && seen?.sessionId === started.session.sessionId;
  const status = exchanged ? 'USED' : isOfThis ? seen.status : (started?.session.status ?? null);

  async function start() {
    exchanging.clear();
    const made = await starting.run({ input: { environmentId } });
    if (made) onStarted(made);
  }

  async function exchange() {
    const made = await exchanging.run({ input: { clientSecret } });
    if (made) onExchanged(made);
  }

  const startButton = (
    <Button look={status === null ? 'primary' : 'secondary'} busy={starting.busy} onClick={start}>
      {status === null ? 'Start a session' : 'Start another'}
    </Button>
  );
  const { tone, word } = sessionStatus(status ?? '');
  return (
    <div className={styles.browser}>
      <div className={styles.bar} aria-hidden="true">
        <i />
        <i />
        <i />
        <span>Your login page</span>
      </div>
      <div className={styles.login}>
        <h3>
          {exchanged
            ? `Welcome, ${exchanged.subject.name ?? exchanged.subject.id}`
            : `Sign in to ${projectName}`}
        </h3>
        {started && !exchanged && (
          <>
            <img
              src={started.qrCodeUrl}
              alt="QR code to confirm with"
              className={classNames(styles.qr, status !== 'PENDING' && styles.spent)}
            />
            <strong className={styles.code}>{groupCode(started.userCode)}</strong>
          </>
        )}
        {status && (
          <p role="status" aria-label="Session">
            <Status tone={tone}>{word}</Status>
          </p>
        )}
        <p className={styles.muted}>{wordsFor(status)}</p>
        <ProblemNotice problem={starting.problem ?? exchanging.problem} />
        <div className={styles.buttons}>
          {status === 'CONFIRMED' && (
            <Button look="primary" busy={exchanging.busy} onClick={exchange}>
              Exchange for the proof
            </Button>
          )}
          {startButton}
        </div>
      </div>
    </div>
  );
}

function wordsFor(status: string | null): string {
  switch (status) {
    case null:
      return 'Your page starts a session, and gets a QR code and a code to show.';
    case 'PENDING':
      return 'Your page shows both, and is told the moment the phone confirms. Confirm on the phone.';
    case 'CONFIRMED':
      return 'Confirmed. Within five minutes your page exchanges the session, once, for a proof of who that is.';
    case 'USED':
      return 'Exchanged. The proof stands below, and nobody gets a second one.';
    case 'CANCELLED':
      return 'Cancelled on the phone: your page would offer to start again.';
    case 'EXPIRED':
      return 'Nobody confirmed in time: your page would offer to start again.';
    default:
      return '';
  }
}
