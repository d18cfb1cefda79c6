import { useState } from 'react';
import { useAction } from '../answers.tsx';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog, DialogActions, DialogBody } from '../ui/Dialog.tsx';
import { showToast } from '../ui/Toast.tsx';
import { ChangeProblem } from './ChangeProblem.tsx';

const SwitchWebhookDialog_WebhookEndpoint = graphql(`
  fragment SwitchWebhookDialog_WebhookEndpoint on WebhookEndpoint {
    id
    active
    disabledReason
    version
    environment { id }
  }
`);

const SwitchWebhook = graphql(`
  mutation SwitchWebhook($input: UpdateWebhookEndpointInput!) {
    updateWebhookEndpoint(input: $input) {
      __typename
      ... on UpdateWebhookEndpointPayload {
        webhookEndpoint { id ...SwitchWebhookDialog_WebhookEndpoint }
      }
      ...Problem_UserError
    }
  }
`);

type Props = {
  endpoint: FragmentType<typeof SwitchWebhookDialog_WebhookEndpoint>;
  open: boolean;
  onClose: () => void;
};

/** Switches an endpoint off or on, and says first what becomes of what is not sent. */
export function SwitchWebhookDialog({ open, onClose, ...props }: Props) {
  const { active } = readFragment(SwitchWebhookDialog_WebhookEndpoint, props.endpoint);
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={active ? 'Switch the endpoint off?' : 'Switch the endpoint on?'}
    >
      {open && <SwitchForm open={open} onClose={onClose} {...props} />}
    </Dialog>
  );
}

function SwitchForm({ onClose, ...props }: Props) {
  const endpoint = readFragment(SwitchWebhookDialog_WebhookEndpoint, props.endpoint);
  // What the person decided on: what others do meanwhile is told, and not overwritten.
  const [begun, setBegun] = useState(endpoint);
  const { id, version, active } = begun;
  const { run, busy, problem, clear } = useAction(SwitchWebhook);

  async function toggle() {
    if (!(await run({ input: { id, version, active: !active } }))) return;
    onClose();
    showToast(active ? 'The endpoint is switched off.' : 'The endpoint is switched on.');
  }

  return (
    <>
      <DialogBody>
        {active ? (
          <p>
            Nothing more is sent to it and no events are kept for it. What still waits is given up:
            it can be replayed once the endpoint is on again.
          </p>
        ) : (
          <p>
            It is told of what happens from now on. What it missed takes “Replay missed”
            {begun.disabledReason ? ', which sends what happened while it was disabled too.' : '.'}
          </p>
        )}
        <ChangeProblem
          problem={problem}
          of={{ environmentId: endpoint.environment.id, webhookEndpointId: id }}
          onReload={() => {
            setBegun(endpoint);
            clear();
          }}
        />
      </DialogBody>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button look={active ? 'danger' : 'primary'} busy={busy} onClick={toggle}>
          {active ? 'Switch off' : 'Switch on'}
        </Button>
      </DialogActions>
    </>
  );
}
