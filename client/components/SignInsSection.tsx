import { useLocation } from 'wouter';
import { restOf, useAction } from '../answers.tsx';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { paths } from '../paths.ts';
import { useSignInState } from '../sign-in-state.tsx';
import { Badge } from '../ui/Badge.tsx';
import { Button } from '../ui/Button.tsx';
import { Row } from '../ui/Row.tsx';
import { CardActions, CardRow, Section } from '../ui/Section.tsx';
import { Time } from '../ui/Time.tsx';
import { showToast } from '../ui/Toast.tsx';
import { describeUserAgent } from './user-agent.ts';

const SignInsSection_Viewer = graphql(`
  fragment SignInsSection_Viewer on Viewer {
    signIns { id createdAt lastSeenAt ip userAgent current }
  }
`);

const EndSignIn = graphql(`
  mutation EndSignIn($input: SignOutInput) {
    signOut(input: $input) {
      __typename
      ... on SignOutPayload { everywhere }
      ...Problem_UserError
    }
  }
`);

/** The browsers one is signed in with, and the way to end each. */
export function SignInsSection(props: { viewer: FragmentType<typeof SignInsSection_Viewer> }) {
  const { signIns } = readFragment(SignInsSection_Viewer, props.viewer);
  const [, navigate] = useLocation();
  const { changed } = useSignInState();
  const { attempt, busy } = useAction(EndSignIn);

  async function end(input: { everywhere: true } | { signInId: string }) {
    const { problem } = await attempt({ input });
    if (problem) return showToast(`Not done: ${restOf(problem)}`, problem);
    if ('signInId' in input) return showToast('That browser is signed out.');
    navigate(paths.signIn());
    changed();
  }

  return (
    <Section card title="Sign-ins" description="Where you are signed in, the last used first.">
      {signIns.map(({ id, current, ip, userAgent, createdAt, lastSeenAt }) => (
        <CardRow key={id}>
          <Row
            title={
              <>
                {describeUserAgent(userAgent ?? null)}{' '}
                {current && <Badge tone="positive">This browser</Badge>}
              </>
            }
            hint={
              <>
                {ip ?? 'Unknown address'} · last seen <Time at={lastSeenAt} /> · since{' '}
                <Time at={createdAt} />
              </>
            }
            action={
              !current && (
                <Button size="small" onClick={() => end({ signInId: id })}>
                  Sign out
                  <span className="visually-hidden"> {describeUserAgent(userAgent ?? null)}</span>
                </Button>
              )
            }
          />
        </CardRow>
      ))}
      <CardActions>
        <Button busy={busy} onClick={() => end({ everywhere: true })}>
          Sign out everywhere
        </Button>
      </CardActions>
    </Section>
  );
}
