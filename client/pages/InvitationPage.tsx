import { useState } from 'react';
import { useLocation } from 'wouter';
import { Answer, useAction, useAnswer } from '../answers.tsx';
import { AloneFrame } from '../components/AloneFrame.tsx';
import { ProblemNotice } from '../components/ProblemNotice.tsx';
import { SignInForm } from '../components/SignInForm.tsx';
import { SignUpForm } from '../components/SignUpForm.tsx';
import { graphql } from '../gql/index.ts';
import { useLinkToken } from '../location.ts';
import { paths } from '../paths.ts';
import { useSignInState } from '../sign-in-state.tsx';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';
import { Skeleton } from '../ui/Skeleton.tsx';
import styles from './InvitationPage.module.css';

const LookAtInvitation = graphql(`
  query LookAtInvitation { viewer { email user { id name } } }
`);

const AcceptInvitation = graphql(`
  mutation AcceptInvitation($input: AcceptInvitationInput!) {
    acceptInvitation(input: $input) {
      __typename
      ... on AcceptInvitationPayload {
        membership { role user { id } workspace { id name } }
      }
      ...Problem_UserError
    }
  }
`);

/**
 * Where the link of an invitation leads. Its token stays behind the # of the address, where no server
 * sees it, so those who have to sign in first do so here.
 */
export default function InvitationPage() {
  const token = useLinkToken();
  const answer = useAnswer(LookAtInvitation, {});
  if (token === '') {
    return (
      <AloneFrame title="You are invited">
        <Notice tone="caution">This link is incomplete. Ask for it again.</Notice>
      </AloneFrame>
    );
  }
  return (
    <Answer
      of={answer}
      loading={
        <AloneFrame title="You are invited">
          <p role="status" aria-label="Loading">
            <Skeleton />
          </p>
        </AloneFrame>
      }
    >
      {({ viewer }) =>
        viewer ? (
          <Accept token={token} email={viewer.email} />
        ) : (
          <ComeIn token={token} onDone={answer.retry} />
        )
      }
    </Answer>
  );
}

function Accept({ token, email }: { token: string; email: string }) {
  const [, navigate] = useLocation();
  const { changed } = useSignInState();
  const { run, busy, problem } = useAction(AcceptInvitation);

  async function accept() {
    const done = await run({ input: { token } });
    if (!done) return;
    navigate(paths.projects(done.membership.workspace.id), { replace: true });
    changed();
  }

  return (
    <AloneFrame
      title="You are invited"
      description={
        <>
          To a workspace, as <strong>{email}</strong>.
        </>
      }
    >
      <div className={styles.accept}>
        <ProblemNotice problem={problem} />
        <Button look="primary" busy={busy} onClick={accept}>
          Accept invitation
        </Button>
      </div>
    </AloneFrame>
  );
}

/** For who is not signed in: an account is made with the invitation, or there is one already. */
function ComeIn({ token, onDone }: { token: string; onDone: () => void }) {
  const [, navigate] = useLocation();
  const { changed } = useSignInState();
  const [hasAccount, setHasAccount] = useState(false);
  return (
    <AloneFrame
      title="You are invited"
      description={
        hasAccount
          ? 'Sign in with the address that the invitation is for.'
          : 'Create an account with the address that the invitation is for.'
      }
      foot={
        <Button look="quiet" onClick={() => setHasAccount(!hasAccount)}>
          {hasAccount ? 'I have no account yet' : 'I have an account already'}
        </Button>
      }
    >
      {hasAccount ? (
        <SignInForm onDone={onDone} />
      ) : (
        <SignUpForm
          invitation={token}
          onDone={() => {
            navigate(paths.home(), { replace: true });
            changed();
          }}
        />
      )}
    </AloneFrame>
  );
}
