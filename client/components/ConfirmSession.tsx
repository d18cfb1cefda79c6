/**
 * Where a link token leads: who asks to sign somebody in, and confirm or cancel. Looking changes
 * nothing. What it looks like around that is its caller's: a page, or the phone of "Try it".
 */
import { type ReactNode, useEffect, useState } from 'react';
import { Provider } from 'urql';
import { type AnswerState, useAnswer } from '../answers.tsx';
import { createVisitorClient } from '../browser-client.ts';
import type { LookAtSessionQuery } from '../gql/graphql.ts';
import { graphql } from '../gql/index.ts';
import { Notice } from '../ui/Notice.tsx';
import { CardSkeleton } from '../ui/Skeleton.tsx';
import { kindNames, wordFor } from '../words.ts';
import { ConfirmForm } from './ConfirmForm.tsx';
import styles from './ConfirmSession.module.css';
import { Failure } from './Failure.tsx';
import { SessionOutcome } from './SessionOutcome.tsx';

const LookAtSession = graphql(`
  query LookAtSession($linkToken: String!) {
    sessionToConfirm(linkToken: $linkToken) {
      status
      projectName
      environmentKind
      ...ConfirmForm_SessionToConfirm
      ...SessionOutcome_SessionToConfirm
    }
  }
`);

/** How often the page looks whether somebody else ended the session. */
const lookEveryMs = 3_000;

export type ConfirmFrame = (parts: {
  title: string;
  description?: ReactNode;
  children: ReactNode;
}) => ReactNode;

export function ConfirmSession(props: { linkToken: string; frame: ConfirmFrame }) {
  const [client] = useState(createVisitorClient);
  return (
    <Provider value={client}>
      <Look {...props} />
    </Provider>
  );
}

function Look({ linkToken, frame }: { linkToken: string; frame: ConfirmFrame }) {
  const answer = useAnswer(LookAtSession, { linkToken });
  const { data, error } = answer;
  const session = data?.sessionToConfirm;
  useLooking(answer);

  if (session === undefined) {
    return frame({
      title: 'Sign-in request',
      children: error ? <Failure error={error} onRetry={answer.retry} /> : <CardSkeleton />,
    });
  }
  if (session === null) {
    return frame({
      title: 'This link opens nothing',
      children: (
        <p className={styles.outcome}>
          It may be incomplete, or what it belonged to is gone. Go back to where you wanted to sign
          in, and start again there.
        </p>
      ),
    });
  }
  const isPending = session.status === 'PENDING';
  return frame({
    title: isPending ? `Sign in to ${session.projectName}?` : titleOf(session),
    children: (
      <div className={styles.confirm}>
        {session.environmentKind !== 'PRODUCTION' && (
          <Notice tone="caution">
            This is a test in {wordFor(kindNames, session.environmentKind)}. It signs nobody in for
            real.
          </Notice>
        )}
        {isPending ? (
          <ConfirmForm linkToken={linkToken} session={session} />
        ) : (
          <SessionOutcome session={session} />
        )}
      </div>
    ),
  });
}

/** Looks again while the outcome is open and the page is looked at. */
function useLooking({ data, retry }: AnswerState<LookAtSessionQuery>) {
  const status = data?.sessionToConfirm?.status;
  const isOpen = status === 'PENDING' || status === 'CONFIRMED';
  useEffect(() => {
    if (!isOpen) return;
    const look = () => document.visibilityState === 'visible' && retry();
    const timer = setInterval(look, lookEveryMs);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [isOpen, retry]);
}

function titleOf({ status, projectName }: { status: string; projectName: string }): string {
  switch (status) {
    case 'CONFIRMED':
      return 'Confirmed';
    case 'USED':
      return `Signed in to ${projectName}`;
    case 'CANCELLED':
      return 'Cancelled';
    case 'EXPIRED':
      return 'This link has expired';
    default:
      return `Sign-in to ${projectName}`;
  }
}
