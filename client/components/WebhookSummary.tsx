import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Notice } from '../ui/Notice.tsx';
import { DateOf, Time } from '../ui/Time.tsx';
import { EventTypes } from './EventTypes.tsx';
import { WebhookHealth } from './WebhookHealth.tsx';
import styles from './WebhookSummary.module.css';

const WebhookSummary_WebhookEndpoint = graphql(`
  fragment WebhookSummary_WebhookEndpoint on WebhookEndpoint {
    eventTypes
    active
    disabledReason
    consecutiveFailures
    lastSuccessAt
    secretRotationEndsAt
    createdAt
    ...WebhookHealth_WebhookEndpoint
  }
`);

/** How an endpoint is set, and how it fares. */
export function WebhookSummary(props: {
  endpoint: FragmentType<typeof WebhookSummary_WebhookEndpoint>;
}) {
  const endpoint = readFragment(WebhookSummary_WebhookEndpoint, props.endpoint);
  const { active, disabledReason, lastSuccessAt, secretRotationEndsAt, createdAt } = endpoint;
  return (
    <>
      {!active && (
        <Notice tone={disabledReason ? 'negative' : 'caution'}>
          {disabledReason ? (
            <>
              Disabled by Latchkey: {disabledReason} What happens meanwhile is kept for 30 days.
              Mend the receiver, switch the endpoint on, then replay what was missed.
            </>
          ) : (
            'Switched off: nothing is sent to it, and no events are kept for it.'
          )}
        </Notice>
      )}
      <dl className={styles.facts}>
        <div>
          <dt>Health</dt>
          <dd>
            <WebhookHealth endpoint={endpoint} />
          </dd>
        </div>
        <div>
          <dt>Last success</dt>
          <dd>{lastSuccessAt ? <Time at={lastSuccessAt} capital /> : 'Never yet'}</dd>
        </div>
        <div>
          <dt>Secret</dt>
          <dd>
            {secretRotationEndsAt ? (
              <>
                The old one signs too; ends <Time at={secretRotationEndsAt} />
              </>
            ) : (
              'One signs'
            )}
          </dd>
        </div>
        <div>
          <dt>Created</dt>
          <dd>
            <DateOf at={createdAt} />
          </dd>
        </div>
        <div className={styles.whole}>
          <dt>Told of</dt>
          <dd>
            <EventTypes types={endpoint.eventTypes} />
          </dd>
        </div>
      </dl>
    </>
  );
}
