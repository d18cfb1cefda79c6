import { useRef } from 'react';
import { Answer, useAction, useAnswer } from '../answers.tsx';
import { graphql } from '../gql/index.ts';
import { Status } from '../ui/Badge.tsx';
import { Button } from '../ui/Button.tsx';
import { CodeBlock } from '../ui/Code.tsx';
import { CopyValue } from '../ui/Copy.tsx';
import { Dialog, DialogActions, DialogBody } from '../ui/Dialog.tsx';
import { CardSkeleton } from '../ui/Skeleton.tsx';
import { Time } from '../ui/Time.tsx';
import { showToast } from '../ui/Toast.tsx';
import { DeliveryAttempts } from './DeliveryAttempts.tsx';
import { Refused } from './Failure.tsx';
import { ProblemNotice } from './ProblemNotice.tsx';
import { useSettling } from './use-settling.ts';
import styles from './WebhookDeliveryDialog.module.css';
import { noWebhookRole } from './webhook-role.ts';
import { deliveryStatus } from './webhook-words.ts';

const WebhookDelivery = graphql(`
  query WebhookDelivery($id: ID!) {
    node(id: $id) {
      __typename
      id
      ... on WebhookDelivery {
        eventId
        eventType
        createdAt
        status
        nextAttemptAt
        payload
        ...DeliveryAttempts_WebhookDelivery
      }
    }
  }
`);

const RedeliverWebhook = graphql(`
  mutation RedeliverWebhook($input: RedeliverWebhookInput!) {
    redeliverWebhook(input: $input) {
      __typename
      ... on RedeliverWebhookPayload { webhookDelivery { id status nextAttemptAt } }
      ...Problem_UserError
    }
  }
`);

/** One delivery whole: what is sent, and what came of each attempt. null: none is open. */
export function WebhookDeliveryDialog({
  id,
  canManage,
  onClose,
}: {
  id: string | null;
  canManage: boolean;
  onClose: () => void;
}) {
  const answer = useAnswer(WebhookDelivery, { id: id ?? '' }, { pause: id === null });
  const { run, busy, problem, clear } = useAction(RedeliverWebhook);
  /** Small, so that what is taller than the window is not scrolled past its title. */
  const top = useRef<HTMLDivElement>(null);
  const found = answer.data?.node;
  const delivery = found?.__typename === 'WebhookDelivery' ? found : null;
  useSettling(null, id !== null && delivery ? [delivery] : []);

  function close() {
    clear();
    onClose();
  }

  async function redeliver() {
    if (id && (await run({ input: { id } }))) showToast('It is on its way again.');
  }

  return (
    <Dialog
      open={id !== null}
      onClose={close}
      size="wide"
      initialFocus={top}
      title={delivery?.eventType ?? 'Delivery'}
    >
      <DialogBody>
        <div className={styles.content}>
          <div ref={top} tabIndex={-1} className={styles.top} />
          <Answer of={answer} loading={<CardSkeleton rows={3} />}>
            {({ node }) => {
              if (node?.__typename !== 'WebhookDelivery') return <Refused />;
              const { tone, word } = deliveryStatus(node.status);
              return (
                <>
                  <dl className={styles.facts}>
                    <div>
                      <dt>Status</dt>
                      <dd>
                        <Status tone={tone}>{word}</Status>
                      </dd>
                    </div>
                    <div>
                      <dt>Happened</dt>
                      <dd>
                        <Time at={node.createdAt} capital />
                      </dd>
                    </div>
                    {node.nextAttemptAt && (
                      <div>
                        <dt>Next attempt</dt>
                        <dd>
                          <Time at={node.nextAttemptAt} capital />
                        </dd>
                      </div>
                    )}
                    <div className={styles.whole}>
                      <dt>
                        <code>webhook-id</code>, the same on every attempt
                      </dt>
                      <dd>
                        <CopyValue value={node.eventId} label="webhook id" />
                      </dd>
                    </div>
                  </dl>
                  <DeliveryAttempts delivery={node} />
                  <h3 className={styles.heading}>Payload</h3>
                  <CodeBlock label="the payload" text={JSON.stringify(node.payload, null, 2)} />
                </>
              );
            }}
          </Answer>
          <ProblemNotice problem={problem} />
        </div>
      </DialogBody>
      <DialogActions>
        <Button
          busy={busy}
          disabled={canManage && !delivery}
          reason={canManage ? null : noWebhookRole}
          onClick={redeliver}
        >
          Redeliver
        </Button>
        <Button look="primary" onClick={close}>
          Close
        </Button>
      </DialogActions>
    </Dialog>
  );
}
