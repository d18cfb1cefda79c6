import { CircleUser } from 'lucide-react';
import { Link, useLocation } from 'wouter';
import { useAction } from '../answers.tsx';
import { graphql } from '../gql/index.ts';
import { paths } from '../paths.ts';
import { useSignInState } from '../sign-in-state.tsx';
import { Menu } from '../ui/Menu.tsx';
import styles from './AccountMenu.module.css';

const SignOut = graphql(`
  mutation SignOut($input: SignOutInput) {
    signOut(input: $input) {
      __typename
      ... on SignOutPayload { everywhere }
      ...Problem_UserError
    }
  }
`);

const graphiql = (
  <a href="/graphql" target="_blank" rel="noreferrer">
    GraphiQL
  </a>
);

/** Who one is, and the way to the account and out. */
export function AccountMenu({ name, email }: { name: string; email: string }) {
  const [, navigate] = useLocation();
  const { changed } = useSignInState();
  const { run } = useAction(SignOut);

  async function signOut() {
    if (!(await run({ input: {} }))) return;
    navigate(paths.signIn());
    changed();
  }

  return (
    <Menu
      label="Account"
      align="start"
      trigger={
        <button type="button" className={styles.trigger}>
          <CircleUser aria-hidden="true" />
          <span className={styles.name}>
            <span className="visually-hidden">Account of </span>
            {name}
          </span>
        </button>
      }
      entries={[
        { note: email },
        { label: 'Account', link: <Link href={paths.account()} /> },
        { label: 'GraphiQL', link: graphiql },
        'separator',
        { label: 'Sign out', onSelect: signOut },
      ]}
    />
  );
}
