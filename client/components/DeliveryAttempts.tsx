import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Status } from '../ui/Badge.tsx';
import { CodeBlock } from '../ui/Code.tsx';
import { Time } from '../ui/Time.tsx';
import styles from './DeliveryAttempts.module.css';

const DeliveryAttempts_WebhookDelivery = graphql(`
  fragment DeliveryAttempts_WebhookDelivery on WebhookDelivery {
    attempts {
      at
      durationMs
      requestHeaders
      responseStatus
      responseHeaders
      responseBody
      error
    }
  }
`);

/** The attempts of a delivery, the newest first and open. */
export function DeliveryAttempts(props: {
  delivery: FragmentType<typeof DeliveryAttempts_WebhookDelivery>;
}) {
  const { attempts } = readFragment(DeliveryAttempts_WebhookDelivery, props.delivery);
  const newestFirst = attempts.map((attempt, index) => ({ ...attempt, number: index + 1 }));
  newestFirst.reverse();
  return (
    <div className={styles.attempts}>
      <h3 className={styles.heading}>Attempts</h3>
      {attempts.length === 0 && <p className={styles.muted}>None yet.</p>}
      {newestFirst.map((attempt, index) => (
        <Attempt key={attempt.at} attempt={attempt} open={index === 0} />
      ))}
    </div>
  );
}

interface AttemptProps {
  number: number;
  at: string;
  durationMs: number;
  requestHeaders: unknown;
  responseStatus?: number | null;
  responseHeaders?: unknown;
  responseBody?: string | null;
  error?: string | null;
}

function Attempt({ attempt, open }: { attempt: AttemptProps; open: boolean }) {
  const { number, at, durationMs, responseStatus, error } = attempt;
  const isSuccess = !error && responseStatus != null && Math.floor(responseStatus / 100) === 2;
  return (
    <details className={styles.attempt} open={open}>
      <summary>
        <Status tone={isSuccess ? 'positive' : 'negative'}>{responseStatus ?? 'No answer'}</Status>
        <span className={styles.muted}>
          {durationMs} ms · <Time at={at} />
        </span>
      </summary>
      <div className={styles.parts}>
        {error && <p>{error}</p>}
        <Part title="Request headers" label={`the request headers of attempt ${number}`}>
          {headerLines(attempt.requestHeaders)}
        </Part>
        {attempt.responseHeaders != null && (
          <Part title="Response headers" label={`the response headers of attempt ${number}`}>
            {headerLines(attempt.responseHeaders)}
          </Part>
        )}
        {attempt.responseBody && (
          <Part title="Response body" label={`the response body of attempt ${number}`}>
            {attempt.responseBody}
          </Part>
        )}
      </div>
    </details>
  );
}

function Part({ title, label, children }: { title: string; label: string; children: string }) {
  return (
    <div>
      <h4 className={styles.part}>{title}</h4>
      <CodeBlock label={label} text={children} />
    </div>
  );
}

function headerLines(headers: unknown): string {
  return Object.entries(headers ?? {})
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}
