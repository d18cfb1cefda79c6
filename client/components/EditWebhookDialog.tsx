import { type FormEvent, useState } from 'react';
import { useAction } from '../answers.tsx';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog, DialogActions, DialogBody } from '../ui/Dialog.tsx';
import { showToast } from '../ui/Toast.tsx';
import { ConflictNotice } from './ConflictNotice.tsx';
import { ProblemNotice } from './ProblemNotice.tsx';
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

  async function submit(event: FormEvent) {
    event.preventDefault();
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
    <form onSubmit={submit}>
      <DialogBody>
        <WebhookFields value={draft} problem={problem} onChange={setDraft} />
        {problem?.code === 'CONFLICT' ? (
          <ConflictNotice
            of={{ environmentId: endpoint.environment.id, webhookEndpointId: endpoint.id }}
            onReload={reload}
          />
        ) : (
          <ProblemNotice problem={problem} fields={['url', 'eventTypes']} />
        )}
      </DialogBody>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={busy}>
          Save
        </Button>
      </DialogActions>
    </form>
  );
}
