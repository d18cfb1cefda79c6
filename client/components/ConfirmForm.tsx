import { ChevronRight } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useAction } from '../answers.tsx';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { qrCodePath } from '../paths.ts';
import { Button, buttonClass } from '../ui/Button.tsx';
import { TextField } from '../ui/Field.tsx';
import { Notice } from '../ui/Notice.tsx';
import { Time } from '../ui/Time.tsx';
import styles from './ConfirmSession.module.css';
import { ProblemNotice } from './ProblemNotice.tsx';
import { describeUserAgent } from './user-agent.ts';
import { groupCode, readTypedCode } from './user-code.ts';

const ConfirmForm_SessionToConfirm = graphql(`
  fragment ConfirmForm_SessionToConfirm on SessionToConfirm {
    userCode
    startedFromIp
    startedFromUserAgent
    createdAt
    expiresAt
    channels { channel url }
  }
`);

const ConfirmAsTest = graphql(`
  mutation ConfirmAsTest($input: ConfirmSessionInput!) {
    confirmSession(input: $input) {
      __typename
      ... on ConfirmSessionPayload { session { sessionId status } }
      ...Problem_UserError
    }
  }
`);

const CancelByLink = graphql(`
  mutation CancelByLink($input: CancelSessionInput!) {
    cancelSession(input: $input) {
      __typename
      ... on CancelSessionPayload { session { sessionId status } }
      ...Problem_UserError
    }
  }
`);

type Session = FragmentType<typeof ConfirmForm_SessionToConfirm>;

/** A session that waits: from where it was started, the code to compare or type, and the ways on. */
export function ConfirmForm({ linkToken, ...props }: { linkToken: string; session: Session }) {
  const session = readFragment(ConfirmForm_SessionToConfirm, props.session);
  const { userCode, channels } = session;
  const confirming = useAction(ConfirmAsTest);
  const cancelling = useAction(CancelByLink);
  const [typed, setTyped] = useState('');
  const [id, setId] = useState('test-user');
  const [name, setName] = useState('Test User');
  const isTest = channels.some(({ channel }) => channel === 'TEST');
  const telegram = channels.find(({ channel }) => channel === 'TELEGRAM')?.url;
  const isWrongCode = confirming.problem?.code === 'USER_CODE_MISMATCH';

  async function confirm(event: FormEvent) {
    event.preventDefault();
    cancelling.clear();
    const subject = { id: id.trim(), name: name.trim() || null };
    await confirming.run({
      input: { linkToken, subject, userCode: userCode === null ? readTypedCode(typed) : null },
    });
  }

  async function cancel() {
    confirming.clear();
    await cancelling.run({ input: { linkToken } });
  }

  return (
    <div className={styles.confirm}>
      <form onSubmit={confirm}>
        <Origin session={session} />
        {userCode !== null && (
          <div className={styles.compare}>
            <p>Go on only if the other device shows</p>
            <strong className={styles.code}>{groupCode(userCode)}</strong>
          </div>
        )}
        {isTest && userCode === null && (
          <TextField
            label="Code on the other device"
            hint="Eight letters. Capitals, spaces and hyphens make no difference."
            className={styles.typed}
            required
            maxLength={64}
            autoCapitalize="characters"
            spellCheck={false}
            value={typed}
            error={isWrongCode ? confirming.problem?.message : null}
            onChange={(event) => setTyped(event.target.value)}
          />
        )}
        {isTest && (
          <div className={styles.subject}>
            <TextField
              label="Confirm as (id)"
              required
              maxLength={255}
              value={id}
              onChange={(event) => setId(event.target.value)}
            />
            <TextField
              label="Name"
              maxLength={200}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          </div>
        )}
        {!isTest && !telegram && (
          <Notice>Open this link with the app that asked you to sign in.</Notice>
        )}
        {!isWrongCode && <ProblemNotice problem={confirming.problem} />}
        <ProblemNotice problem={cancelling.problem} />
        <div className={styles.actions}>
          <Button look="risky" busy={cancelling.busy} onClick={cancel}>
            Cancel sign-in
          </Button>
          {telegram && (
            <a href={telegram} rel="noreferrer" className={buttonClass('primary')}>
              Confirm in Telegram
            </a>
          )}
          {isTest && (
            <Button type="submit" look="primary" busy={confirming.busy}>
              Confirm
            </Button>
          )}
        </div>
      </form>
      <details className={styles.other}>
        <summary>
          <ChevronRight aria-hidden="true" />
          Open on another device
        </summary>
        <img
          src={qrCodePath(linkToken)}
          alt="QR code of this page’s address"
          loading="lazy"
          width={192}
          height={192}
        />
      </details>
    </div>
  );
}

/** Where the session was started, as far as that is known. */
function Origin({
  session: { startedFromIp, startedFromUserAgent, createdAt, expiresAt },
}: {
  session: {
    startedFromIp: string | null;
    startedFromUserAgent: string | null;
    createdAt: string;
    expiresAt: string;
  };
}) {
  return (
    <dl className={styles.facts}>
      <div>
        <dt>Device</dt>
        <dd title={startedFromUserAgent ?? undefined}>
          {startedFromUserAgent ? describeUserAgent(startedFromUserAgent) : 'Unknown'}
        </dd>
      </div>
      <div>
        <dt>Address</dt>
        <dd>{startedFromIp ?? 'Unknown'}</dd>
      </div>
      <div>
        <dt>Started</dt>
        <dd>
          <Time at={createdAt} capital />, expires <Time at={expiresAt} />
        </dd>
      </div>
    </dl>
  );
}
