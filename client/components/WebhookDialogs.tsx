import { useState } from 'react';
import { useAction } from '../answers.tsx';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { formatCount } from '../ui/numbers.ts';
import { showToast } from '../ui/Toast.tsx';
import { ChangeProblem } from './ChangeProblem.tsx';
import { ConfirmDialog } from './ConfirmDialog.tsx';
import { EditWebhookDialog } from './EditWebhookDialog.tsx';
import { RegenerateWebhookSecretDialog } from './RegenerateWebhookSecretDialog.tsx';
import { RevealWebhookSecretDialog } from './RevealWebhookSecretDialog.tsx';
import { SwitchWebhookDialog } from './SwitchWebhookDialog.tsx';

const WebhookDialogs_WebhookEndpoint = graphql(`
  fragment WebhookDialogs_WebhookEndpoint on WebhookEndpoint {
    id
    url
    version
    environment { id }
    ...EditWebhookDialog_WebhookEndpoint
    ...SwitchWebhookDialog_WebhookEndpoint
    ...RegenerateWebhookSecretDialog_WebhookEndpoint
  }
`);

const ReplayMissed = graphql(`
  mutation ReplayMissed($input: ReplayMissedWebhooksInput!) {
    replayMissedWebhooks(input: $input) {
      __typename
      ... on ReplayMissedWebhooksPayload { count webhookEndpoint { id } }
      ...Problem_UserError
    }
  }
`);

const DeleteWebhook = graphql(`
  mutation DeleteWebhook($input: DeleteWebhookEndpointInput!) {
    deleteWebhookEndpoint(input: $input) {
      __typename
      ... on DeleteWebhookEndpointPayload { deletedId }
      ...Problem_UserError
    }
  }
`);

export type WebhookDialog = 'edit' | 'switch' | 'reveal' | 'regenerate' | 'replay' | 'delete';

/** What an endpoint's menu opens: loaded with the first one (see WebhookMenu.tsx). */
export default function WebhookDialogs({
  open,
  onClose,
  onDeleted,
  ...props
}: {
  endpoint: FragmentType<typeof WebhookDialogs_WebhookEndpoint>;
  open: WebhookDialog | null;
  onClose: () => void;
  onDeleted?: () => void;
}) {
  const endpoint = readFragment(WebhookDialogs_WebhookEndpoint, props.endpoint);
  const { id, url, version, environment } = endpoint;
  const replay = useAction(ReplayMissed);
  const remove = useAction(DeleteWebhook);
  // What the person decided on: what others do meanwhile is told, and not deleted unseen.
  const [seen, setSeen] = useState(version);
  if (open !== 'delete' && seen !== version) setSeen(version);

  function close() {
    onClose();
    replay.clear();
    remove.clear();
  }

  async function replayMissed() {
    const done = await replay.run({ input: { id } });
    if (!done) return;
    close();
    if (done.count === 0) showToast('Nothing was missed.');
    else showToast(`${formatCount(done.count)} sent again, one after the other.`);
  }

  async function confirmDeletion() {
    if (!(await remove.run({ input: { id, version: seen } }))) return;
    close();
    showToast('The endpoint is deleted.');
    onDeleted?.();
  }

  return (
    <>
      <EditWebhookDialog endpoint={endpoint} open={open === 'edit'} onClose={close} />
      <SwitchWebhookDialog endpoint={endpoint} open={open === 'switch'} onClose={close} />
      <RevealWebhookSecretDialog id={id} open={open === 'reveal'} onClose={close} />
      <RegenerateWebhookSecretDialog
        endpoint={endpoint}
        open={open === 'regenerate'}
        onClose={close}
      />
      <ConfirmDialog
        open={open === 'replay'}
        title="Replay what was missed?"
        confirm="Replay"
        look="primary"
        busy={replay.busy}
        problem={replay.problem}
        onClose={close}
        onConfirm={replayMissed}
      >
        <p>
          Sends every failed delivery again, and what happened while the endpoint was disabled: in
          the order of the events, each once, under the old ids. A receiver that remembers ids does
          nothing twice.
        </p>
      </ConfirmDialog>
      <ConfirmDialog
        open={open === 'delete'}
        title="Delete this endpoint?"
        confirm="Delete"
        busy={remove.busy}
        problem={null}
        onClose={close}
        onConfirm={confirmDeletion}
      >
        <p>
          Nothing more is sent to <code>{url}</code>. Its secret and its log of deliveries go for
          good. To pause it, switch it off instead.
        </p>
        <ChangeProblem
          problem={remove.problem}
          of={{ environmentId: environment.id, webhookEndpointId: id }}
          undone="It is not deleted."
          onReload={() => {
            setSeen(version);
            remove.clear();
          }}
        />
      </ConfirmDialog>
    </>
  );
}
