import { type FormEvent, useState } from 'react';
import { issueOf, useAction } from '../answers.tsx';
import { graphql } from '../gql/index.ts';
import { Button } from '../ui/Button.tsx';
import { TextField } from '../ui/Field.tsx';
import { ProblemNotice } from './ProblemNotice.tsx';

const SignUp = graphql(`
  mutation SignUp($input: SignUpInput!) {
    signUp(input: $input) {
      __typename
      ... on SignUpPayload { viewer { email } }
      ...Problem_UserError
    }
  }
`);

/**
 * @param invitation the token of an invitation, whose workspace the account then joins
 * @param onDone the account is there, and this browser is signed in
 */
export function SignUpForm({
  invitation = null,
  onDone,
}: {
  invitation?: string | null;
  onDone: () => void;
}) {
  const { run, busy, problem } = useAction(SignUp);
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (await run({ input: { name, email, password, invitation } })) onDone();
  }

  return (
    <form onSubmit={submit}>
      <TextField
        label="Name"
        autoComplete="name"
        required
        autoFocus
        value={name}
        error={issueOf(problem, 'name')}
        onChange={(event) => setName(event.target.value)}
      />
      <TextField
        label="Email"
        type="email"
        autoComplete="username"
        required
        hint={invitation && 'The address that the invitation is for.'}
        value={email}
        error={issueOf(problem, 'email')}
        onChange={(event) => setEmail(event.target.value)}
      />
      <TextField
        label="Password"
        type="password"
        autoComplete="new-password"
        required
        hint="8 to 200 characters of any kind."
        value={password}
        error={issueOf(problem, 'password')}
        onChange={(event) => setPassword(event.target.value)}
      />
      <ProblemNotice problem={problem} fields={['name', 'email', 'password']} />
      <Button type="submit" look="primary" busy={busy}>
        Create account
      </Button>
    </form>
  );
}
