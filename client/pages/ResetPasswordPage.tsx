import { type FormEvent, useState } from 'react';
import { Link } from 'wouter';
import { issueOf, useAction } from '../answers.tsx';
import { AloneFrame } from '../components/AloneFrame.tsx';
import { ProblemNotice } from '../components/ProblemNotice.tsx';
import { graphql } from '../gql/index.ts';
import { useLinkToken } from '../location.ts';
import { paths } from '../paths.ts';
import { Button } from '../ui/Button.tsx';
import { TextField } from '../ui/Field.tsx';
import { Notice } from '../ui/Notice.tsx';

const ResetPassword = graphql(`
  mutation ResetPassword($input: ResetPasswordInput!) {
    resetPassword(input: $input) {
      __typename
      ... on ResetPasswordPayload { email }
      ...Problem_UserError
    }
  }
`);

/** Where the one-time link of `npm run reset-password` leads. */
export default function ResetPasswordPage() {
  const token = useLinkToken();
  const { run, busy, problem } = useAction(ResetPassword);
  const [password, setPassword] = useState('');
  const [doneFor, setDoneFor] = useState<string | null>(null);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const done = await run({ input: { token, password } });
    if (done) setDoneFor(done.email);
  }

  if (doneFor !== null) {
    return (
      <AloneFrame title="Your password is set" foot={<Link href={paths.signIn()}>Sign in</Link>}>
        <Notice live>Every sign-in of {doneFor} has ended. Sign in with the new password.</Notice>
      </AloneFrame>
    );
  }
  return (
    <AloneFrame
      title="Set a new password"
      description="It ends every sign-in of your account."
      foot={<Link href={paths.signIn()}>Back to sign in</Link>}
    >
      {token === '' ? (
        <Notice tone="caution">
          This link is incomplete. Whoever runs this server makes one by{' '}
          <code>npm run reset-password -- &lt;email&gt;</code>.
        </Notice>
      ) : (
        <form onSubmit={submit}>
          <TextField
            label="New password"
            type="password"
            autoComplete="new-password"
            required
            autoFocus
            hint="8 to 200 characters of any kind."
            value={password}
            error={issueOf(problem, 'password')}
            onChange={(event) => setPassword(event.target.value)}
          />
          <ProblemNotice problem={problem} fields={['password']} />
          <Button type="submit" look="primary" busy={busy}>
            Set password
          </Button>
        </form>
      )}
    </AloneFrame>
  );
}
