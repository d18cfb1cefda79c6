import { useState } from 'react';
import { useAction } from '../answers.tsx';
import { graphql } from '../gql/index.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { DialogForm } from './DialogForm.tsx';
import { ProblemNotice } from './ProblemNotice.tsx';
import { allEventTypes, WebhookFields } from './WebhookFields.tsx';
import { WebhookSecret } from './WebhookSecret.tsx';

const AddWebhook = graphql(`
  mutation AddWebhook($input: CreateWebhookEndpointInput!) {
    createWebhookEndpoint(input: $input) {
      __typename
      ... on CreateWebhookEndpointPayload {
        secret
        webhookEndpoint { id }
      }
      ...Problem_UserError
    }
  }
`);

const nothing = { url: '', eventTypes: allEventTypes };

/** Adds an endpoint, and shows its secret in the same dialog. */
export function AddWebhookDialog({
  open,
  environment,
  onClose,
  onAdded,
}: {
  open: boolean;
  environment: { id: string; name: string };
  onClose: () => void;
  onAdded: (id: string) => void;
}) {
  const [draft, setDraft] = useState(nothing);
  const [secret, setSecret] = useState<string | null>(null);
  const { run, busy, problem, clear } = useAction(AddWebhook);

  function close() {
    if (busy) return; // the secret would be there when it is opened again
    onClose();
    setDraft(nothing);
    setSecret(null);
    clear();
  }

  async function submit() {
    const done = await run({ input: { environmentId: environment.id, ...draft } });
    if (!done) return;
    onAdded(done.webhookEndpoint.id);
    setSecret(done.secret);
  }

  if (open && secret) {
    return (
      <Dialog open onClose={close} title="The endpoint is added">
        <WebhookSecret secret={secret} onClose={close} />
      </Dialog>
    );
  }
  return (
    <Dialog open={open} onClose={close} title={`Add endpoint to ${environment.name}`}>
      <DialogForm submit="Add endpoint" busy={busy} onCancel={close} onSubmit={submit}>
        <WebhookFields value={draft} problem={problem} onChange={setDraft} />
        <ProblemNotice problem={problem} fields={['url', 'eventTypes']} />
      </DialogForm>
    </Dialog>
  );
}
