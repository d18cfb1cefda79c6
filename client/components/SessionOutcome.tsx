import { Ban, Check, Clock } from 'lucide-react';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { buttonClass } from '../ui/Button.tsx';
import { classNames } from '../ui/class-names.ts';
import styles from './ConfirmSession.module.css';

const SessionOutcome_SessionToConfirm = graphql(`
  fragment SessionOutcome_SessionToConfirm on SessionToConfirm {
    status
    projectName
    returnUrl
  }
`);

/** What became of a session that nobody waits for any more, and where to go on. */
export function SessionOutcome(props: {
  session: FragmentType<typeof SessionOutcome_SessionToConfirm>;
}) {
  const { status, projectName, returnUrl } = readFragment(
    SessionOutcome_SessionToConfirm,
    props.session,
  );
  const { tone, Icon, text } = wordsFor(status, projectName);
  return (
    <div className={styles.outcome} role="status">
      <span className={classNames(styles.mark, tone && styles[tone])} aria-hidden="true">
        <Icon />
      </span>
      <p>{text}</p>
      {returnUrl && (
        // Never followed by itself: whoever made the link chose where it leads.
        <a href={returnUrl} rel="noreferrer" className={buttonClass('secondary')}>
          Go on to {placeOf(returnUrl)}
        </a>
      )}
    </div>
  );
}

function wordsFor(status: string, projectName: string) {
  switch (status) {
    case 'CONFIRMED':
      return {
        tone: 'positive' as const,
        Icon: Check,
        text: `${projectName} is signing you in on the other device. You can close this page.`,
      };
    case 'USED':
      return {
        tone: 'positive' as const,
        Icon: Check,
        text: 'You are signed in on the other device. This link was used, and opens nothing more. You can close this page.',
      };
    case 'CANCELLED':
      return {
        tone: 'negative' as const,
        Icon: Ban,
        text: `Nobody was signed in. If you do want to sign in to ${projectName}, start again there.`,
      };
    case 'EXPIRED':
      return {
        tone: null,
        Icon: Clock,
        text: `Nobody confirmed in time, so nobody was signed in. To sign in to ${projectName}, start again there.`,
      };
    default:
      return { tone: null, Icon: Clock, text: 'There is nothing more to do here.' };
  }
}

/** The host of an address, or the app that its scheme opens. */
function placeOf(returnUrl: string): string {
  const { protocol, host } = new URL(returnUrl);
  return /^https?:$/.test(protocol) ? host : `the app “${protocol.slice(0, -1)}”`;
}
