import { Link, useLocation, useSearch } from 'wouter';
import { useAnswer } from '../answers.tsx';
import { AloneFrame } from '../components/AloneFrame.tsx';
import { SignUpForm } from '../components/SignUpForm.tsx';
import { graphql } from '../gql/index.ts';
import { paths, safeNext } from '../paths.ts';
import { useSignInState } from '../sign-in-state.tsx';
import { Notice } from '../ui/Notice.tsx';

const LookAtSignUp = graphql(`
  query LookAtSignUp { server { signUpOpen } }
`);

export default function SignUpPage() {
  const next = new URLSearchParams(useSearch()).get('next');
  const [, navigate] = useLocation();
  const { changed } = useSignInState();
  const { data } = useAnswer(LookAtSignUp, {});
  return (
    <AloneFrame
      title="Create your account"
      description="You get a workspace of your own with it."
      foot={
        <>
          Have one already? <Link href={paths.signIn(next)}>Sign in</Link>
        </>
      }
    >
      {data?.server.signUpOpen === false ? (
        <Notice>
          This server takes no new accounts. Ask somebody who has one to invite you to their
          workspace.
        </Notice>
      ) : (
        <SignUpForm
          onDone={() => {
            navigate(safeNext(next), { replace: true });
            changed();
          }}
        />
      )}
    </AloneFrame>
  );
}
