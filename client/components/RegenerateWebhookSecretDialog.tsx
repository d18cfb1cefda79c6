import { useState } from 'react';
import { useAction } from '../answers.tsx';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog, DialogActions, DialogBody } from '../ui/Dialog.tsx';
import { RadioGroup } from '../ui/Field.tsx';
import { Notice } from '../ui/Notice.tsx';
import { ChangeProblem } from './ChangeProblem.tsx';
import { WebhookSecret } from './WebhookSecret.tsx';

const RegenerateWebhookSecretDialog_WebhookEndpoint = graphql(`
  fragment RegenerateWebhookSecretDialog_WebhookEndpoint on WebhookEndpoint {
    id
    version
    secretRotationEndsAt
    environment { id }
  }
`);

const RegenerateWebhookSecret = graphql(`
  mutation RegenerateWebhookSecret($input: RegenerateWebhookSecretInput!) {
    regenerateWebhookSecret(input: $input) {
      __typename
      ... on RegenerateWebhookSecretPayload {
        secret
        webhookEndpoint { id ...RegenerateWebhookSecretDialog_WebhookEndpoint }
      }
      ...Problem_UserError
    }
  }
`);

const overlaps = [
  {
    value: '0',
    label: 'Now',
    hint: 'Messages are signed with the new one only, at once: until your receiver has it, it refuses them, and they come again later. For one that leaked.',
  },
  {
    value: '3600',
    label: 'In 1 hour',
    hint: 'Each message is signed with both for an hour: enough for one deployment.',
  },
  { value: '86400', label: 'In 24 hours', hint: 'Signed with both for a day.' },
  { value: '604800', label: 'In 7 days', hint: 'Signed with both for a week.' },
] as const;

type Overlap = (typeof overlaps)[number]['value'];

/** Replaces the secret of an endpoint, and shows the new one in the same dialog. */
export function RegenerateWebhookSecretDialog({
  open,
  onClose,
  ...props
}: {
  endpoint: FragmentType<typeof RegenerateWebhookSecretDialog_WebhookEndpoint>;
  open: boolean;
  onClose: () => void;
}) {
  const endpoint = readFragment(RegenerateWebhookSecretDialog_WebhookEndpoint, props.endpoint);
  const { id, version, environment, secretRotationEndsAt } = endpoint;
  const [overlap, setOverlap] = useState<Overlap>('86400');
  const [secret, setSecret] = useState<string | null>(null);
  const { run, busy, problem, clear } = useAction(RegenerateWebhookSecret);

  function close() {
    if (busy) return; // the secret would be there when it is opened again
    onClose();
    setOverlap('86400');
    setSecret(null);
    clear();
  }

  async function regenerate() {
    const done = await run({ input: { id, version, overlapSeconds: Number(overlap) } });
    if (done) setSecret(done.secret);
  }

  if (open && secret) {
    return (
      <Dialog open onClose={close} title="The new signing secret">
        <WebhookSecret secret={secret} onClose={close} />
      </Dialog>
    );
  }
  return (
    <Dialog open={open} onClose={close} title="Regenerate the signing secret?">
      <DialogBody>
        <RadioGroup
          legend="The old one ends"
          name="overlap"
          value={overlap}
          options={overlaps}
          onChange={setOverlap}
        />
        {secretRotationEndsAt && (
          <Notice tone="caution">
            An earlier secret still signs too. Regenerating again ends that one at once.
          </Notice>
        )}
        <ChangeProblem
          problem={problem}
          of={{ environmentId: environment.id, webhookEndpointId: id }}
          onReload={clear}
        />
      </DialogBody>
      <DialogActions>
        <Button onClick={close}>Cancel</Button>
        <Button look={overlap === '0' ? 'danger' : 'primary'} busy={busy} onClick={regenerate}>
          Regenerate
        </Button>
      </DialogActions>
    </Dialog>
  );
}
