import { type FormEvent, useState } from 'react';
import { issueOf, useAction } from '../answers.tsx';
import { graphql } from '../gql/index.ts';
import { Button } from '../ui/Button.tsx';
import { TextField } from '../ui/Field.tsx';
import { CardActions, CardRow, Section } from '../ui/Section.tsx';
import { showToast } from '../ui/Toast.tsx';
import styles from './PasswordSection.module.css';
import { ProblemNotice } from './ProblemNotice.tsx';

const ChangePassword = graphql(`
  mutation ChangePassword($input: ChangePasswordInput!) {
    changePassword(input: $input) {
      __typename
      ... on ChangePasswordPayload { viewer { email } }
      ...Problem_UserError
    }
  }
`);

export function PasswordSection({ email }: { email: string }) {
  const [currentPassword, setCurrent] = useState('');
  const [newPassword, setNew] = useState('');
  const { run, busy, problem } = useAction(ChangePassword);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!(await run({ input: { currentPassword, newPassword } }))) return;
    setCurrent('');
    setNew('');
    showToast('Password changed. Your other sign-ins have ended.');
  }

  return (
    <form onSubmit={submit}>
      <Section
        card
        title="Password"
        description="Changing it ends your sign-ins in all other browsers."
      >
        <CardRow>
          <div className={styles.fields}>
            {/* So that password managers know whose password it is. */}
            <input type="email" autoComplete="username" value={email} readOnly hidden />
            <TextField
              label="Current password"
              type="password"
              autoComplete="current-password"
              required
              value={currentPassword}
              error={issueOf(problem, 'currentPassword')}
              onChange={(event) => setCurrent(event.target.value)}
            />
            <TextField
              label="New password"
              type="password"
              autoComplete="new-password"
              required
              hint="8 to 200 characters of any kind."
              value={newPassword}
              error={issueOf(problem, 'newPassword')}
              onChange={(event) => setNew(event.target.value)}
            />
            <ProblemNotice problem={problem} fields={['currentPassword', 'newPassword']} />
          </div>
        </CardRow>
        <CardActions>
          <Button
            type="submit"
            look="primary"
            busy={busy}
            disabled={currentPassword === '' || newPassword === ''}
          >
            Change password
          </Button>
        </CardActions>
      </Section>
    </form>
  );
}
