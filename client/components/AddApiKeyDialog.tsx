import { useState } from 'react';
import { issueOf, type PayloadOf } from '../answers.tsx';
import type { AddApiKeyMutation, ApiKeyType } from '../gql/graphql.ts';
import { graphql } from '../gql/index.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { TextField } from '../ui/Field.tsx';
import { showToast } from '../ui/Toast.tsx';
import { DialogForm } from './DialogForm.tsx';
import { ExpiryField } from './ExpiryField.tsx';
import { ProblemNotice } from './ProblemNotice.tsx';
import { useReveal } from './Reveal.tsx';
import { useSecretAction } from './use-secret-action.ts';

const AddApiKey = graphql(`
  mutation AddApiKey($input: CreateApiKeyInput!) {
    createApiKey(input: $input) {
      __typename
      ... on CreateApiKeyPayload {
        secret
        apiKey { id name }
      }
      ...Problem_UserError
    }
  }
`);

/** Adds a key of the type; null: it is closed. */
export function AddApiKeyDialog({
  type,
  environment,
  onClose,
  onAdded,
}: {
  type: ApiKeyType | null;
  environment: { id: string; name: string };
  onClose: () => void;
  onAdded: (id: string) => void;
}) {
  const [name, setName] = useState('');
  const [expiresAt, setExpiresAt] = useState<string | null>(null);
  const [made, setMade] = useState<PayloadOf<AddApiKeyMutation> | null>(null);
  const { run, busy, problem, clear } = useSecretAction(AddApiKey);
  const kind = type === 'SECRET' ? 'secret' : 'publishable';

  function close() {
    if (busy) return; // what is under way is shown only once
    onClose();
    setName('');
    setExpiresAt(null);
    setMade(null);
    clear();
  }

  async function submit() {
    if (type === null) return;
    const done = await run({ input: { environmentId: environment.id, type, name, expiresAt } });
    if (!done) return;
    onAdded(done.apiKey.id);
    if (done.secret !== null && done.secret !== undefined) return setMade(done);
    close();
    showToast(`${done.apiKey.name} is added.`);
  }

  if (type && made?.secret) {
    return <RevealApiKey name={made.apiKey.name} secret={made.secret} onClose={close} />;
  }
  return (
    <Dialog open={type !== null} onClose={close} title={`Add ${kind} key to ${environment.name}`}>
      <DialogForm submit="Add key" busy={busy} onCancel={close} onSubmit={submit}>
        <TextField
          label="Name"
          hint="Where it is used, such as “Checkout server”."
          required
          value={name}
          error={issueOf(problem, 'name')}
          onChange={(event) => setName(event.target.value)}
        />
        <ExpiryField
          value={expiresAt}
          error={issueOf(problem, 'expiresAt')}
          onChange={setExpiresAt}
        />
        <ProblemNotice problem={problem} fields={['name', 'expiresAt']} />
      </DialogForm>
    </Dialog>
  );
}

/** The one moment in which a secret key can be read. */
export function RevealApiKey({
  name,
  secret,
  description,
  onClose,
}: {
  name: string;
  secret: string;
  description?: string;
  onClose: () => void;
}) {
  const reveal = useReveal({
    fileName: `${name}.env`,
    values: [{ label: 'Secret key', name: 'LATCHKEY_SECRET_KEY', value: secret, secret: true }],
    onClose,
  });
  return (
    <Dialog open onClose={reveal.leave} size="wide" title={name} description={description}>
      {reveal.body}
      {reveal.actions()}
    </Dialog>
  );
}
