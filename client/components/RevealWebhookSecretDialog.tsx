import { useState } from 'react';
import { useAction } from '../answers.tsx';
import { graphql } from '../gql/index.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog, DialogActions, DialogBody } from '../ui/Dialog.tsx';
import { ProblemNotice } from './ProblemNotice.tsx';
import { WebhookSecret } from './WebhookSecret.tsx';

const RevealWebhookSecret = graphql(`
  mutation RevealWebhookSecret($input: RevealWebhookSecretInput!) {
    revealWebhookSecret(input: $input) {
      __typename
      ... on RevealWebhookSecretPayload { secret webhookEndpoint { id } }
      ...Problem_UserError
    }
  }
`);

/** Shows the secret of an endpoint to who asks on purpose: that they looked is logged. */
export function RevealWebhookSecretDialog({
  id,
  open,
  onClose,
}: {
  id: string;
  open: boolean;
  onClose: () => void;
}) {
  const [secret, setSecret] = useState<string | null>(null);
  const { run, busy, problem, clear } = useAction(RevealWebhookSecret);

  function close() {
    if (busy) return; // the secret would be there when it is opened again
    onClose();
    setSecret(null);
    clear();
  }

  async function reveal() {
    const done = await run({ input: { id } });
    if (done) setSecret(done.secret);
  }

  return (
    <Dialog open={open} onClose={close} title="Signing secret">
      {secret ? (
        <WebhookSecret secret={secret} onClose={close} />
      ) : (
        <>
          <DialogBody>
            <p>The log will say that you looked, and when.</p>
            <ProblemNotice problem={problem} />
          </DialogBody>
          <DialogActions>
            <Button onClick={close}>Cancel</Button>
            <Button look="primary" busy={busy} onClick={reveal}>
              Reveal secret
            </Button>
          </DialogActions>
        </>
      )}
    </Dialog>
  );
}
