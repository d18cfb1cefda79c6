import { type FormEvent, useState } from 'react';
import { issueOf, useAction } from '../answers.tsx';
import { graphql } from '../gql/index.ts';
import { Button } from '../ui/Button.tsx';
import { TextField } from '../ui/Field.tsx';
import { ProblemNotice } from './ProblemNotice.tsx';

const SignIn = graphql(`
  mutation SignIn($input: SignInInput!) {
    signIn(input: $input) {
      __typename
      ... on SignInPayload { viewer { email } }
      ...Problem_UserError
    }
  }
`);

/** @param onDone this browser is signed in */
export function SignInForm({ onDone }: { onDone: () => void }) {
  const { run, busy, problem } = useAction(SignIn);
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (await run({ input: { email, password } })) onDone();
  }

  return (
    <form onSubmit={submit}>
      <TextField
        label="Email"
        type="email"
        autoComplete="username"
        required
        autoFocus
        value={email}
        error={issueOf(problem, 'email')}
        onChange={(event) => setEmail(event.target.value)}
      />
      <TextField
        label="Password"
        type="password"
        autoComplete="current-password"
        required
        value={password}
        error={issueOf(problem, 'password')}
        onChange={(event) => setPassword(event.target.value)}
      />
      <ProblemNotice problem={problem} fields={['email', 'password']} />
      <Button type="submit" look="primary" busy={busy}>
        Sign in
      </Button>
    </form>
  );
}
