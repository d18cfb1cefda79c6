import { useState } from 'react';
import { useAction } from '../answers.tsx';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { showToast } from '../ui/Toast.tsx';
import { ChangeProblem } from './ChangeProblem.tsx';
import { DialogForm } from './DialogForm.tsx';
import { WebhookFields } from './WebhookFields.tsx';

const EditWebhookDialog_WebhookEndpoint = graphql(`
  fragment EditWebhookDialog_WebhookEndpoint on WebhookEndpoint {
    id
    url
    eventTypes
    version
    environment { id }
  }
`);

const EditWebhook = graphql(`
  mutation EditWebhook($input: UpdateWebhookEndpointInput!) {
    updateWebhookEndpoint(input: $input) {
      __typename
      ... on UpdateWebhookEndpointPayload {
        webhookEndpoint { id ...EditWebhookDialog_WebhookEndpoint }
      }
      ...Problem_UserError
    }
  }
`);

type Props = {
  endpoint: FragmentType<typeof EditWebhookDialog_WebhookEndpoint>;
  open: boolean;
  onClose: () => void;
};

/** The form is made anew each time it opens, from what the endpoint is then. */
export function EditWebhookDialog(props: Props) {
  return (
    <Dialog open={props.open} onClose={props.onClose} title="Edit endpoint">
      {props.open && <EditForm {...props} />}
    </Dialog>
  );
}

function EditForm({ onClose, ...props }: Props) {
  const endpoint = readFragment(EditWebhookDialog_WebhookEndpoint, props.endpoint);
  // What the person began with: what others do meanwhile is told, and not overwritten.
  const [begun, setBegun] = useState(endpoint);
  const [draft, setDraft] = useState({ url: begun.url, eventTypes: [...begun.eventTypes] });
  const { run, busy, problem, clear } = useAction(EditWebhook);

  async function submit() {
    if (!(await run({ input: { id: begun.id, version: begun.version, ...draft } }))) return;
    onClose();
    showToast('The endpoint is changed.');
  }

  function reload() {
    setBegun(endpoint);
    setDraft({ url: endpoint.url, eventTypes: [...endpoint.eventTypes] });
    clear();
  }

  return (
    <DialogForm submit="Save" busy={busy} onCancel={onClose} onSubmit={submit}>
      <WebhookFields value={draft} problem={problem} onChange={setDraft} />
      <ChangeProblem
        problem={problem}
        fields={['url', 'eventTypes']}
        of={{ environmentId: endpoint.environment.id, webhookEndpointId: endpoint.id }}
        onReload={reload}
      />
    </DialogForm>
  );
}
