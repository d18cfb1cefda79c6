import { Link, Redirect, useLocation, useSearch } from 'wouter';
import { useAnswer } from '../answers.tsx';
import { AloneFrame } from '../components/AloneFrame.tsx';
import { SignInForm } from '../components/SignInForm.tsx';
import { graphql } from '../gql/index.ts';
import { paths, safeNext } from '../paths.ts';
import { useSignInState } from '../sign-in-state.tsx';

const LookAtDoor = graphql(`
  query LookAtDoor { server { signUp signUpOpen } }
`);

export default function SignInPage() {
  const next = new URLSearchParams(useSearch()).get('next');
  const [, navigate] = useLocation();
  const { changed } = useSignInState();
  const { data } = useAnswer(LookAtDoor, {});
  // Open to the first only, and open still: there is nobody yet who could sign in.
  if (data?.server.signUp === 'FIRST' && data.server.signUpOpen) {
    return <Redirect to={paths.signUp(next)} replace />;
  }
  return (
    <AloneFrame
      title="Sign in to Latchkey"
      foot={
        <>
          {data?.server.signUpOpen && (
            <>
              New here? <Link href={paths.signUp(next)}>Create an account</Link>
              <br />
            </>
          )}
          Forgot your password? Ask whoever runs this server for a link.
        </>
      }
    >
      <SignInForm
        onDone={() => {
          navigate(safeNext(next), { replace: true });
          changed();
        }}
      />
    </AloneFrame>
  );
}
