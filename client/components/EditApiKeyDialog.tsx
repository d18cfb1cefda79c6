import { useState } from 'react';
import { issueOf, useAction } from '../answers.tsx';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { TextField } from '../ui/Field.tsx';
import { showToast } from '../ui/Toast.tsx';
import { ChangeProblem } from './ChangeProblem.tsx';
import { DialogForm } from './DialogForm.tsx';
import { ExpiryField } from './ExpiryField.tsx';

const EditApiKeyDialog_ApiKey = graphql(`
  fragment EditApiKeyDialog_ApiKey on ApiKey {
    id
    name
    expiresAt
    version
    environment { id }
  }
`);

const EditApiKey = graphql(`
  mutation EditApiKey($input: UpdateApiKeyInput!) {
    updateApiKey(input: $input) {
      __typename
      ... on UpdateApiKeyPayload { apiKey { id ...ApiKeysTable_ApiKey } }
      ...Problem_UserError
    }
  }
`);

type Props = {
  apiKey: FragmentType<typeof EditApiKeyDialog_ApiKey>;
  open: boolean;
  onClose: () => void;
};

/** The form is made anew each time it opens, from what the key is then. */
export function EditApiKeyDialog(props: Props) {
  return (
    <Dialog open={props.open} onClose={props.onClose} title="Edit key">
      {props.open && <EditForm {...props} />}
    </Dialog>
  );
}

function EditForm({ onClose, ...props }: Props) {
  const apiKey = readFragment(EditApiKeyDialog_ApiKey, props.apiKey);
  // What the person began with: what others do meanwhile is told, and not overwritten.
  const [begun, setBegun] = useState(apiKey);
  const [name, setName] = useState(begun.name);
  const [expiresAt, setExpiresAt] = useState(begun.expiresAt ?? null);
  const { run, busy, problem, clear } = useAction(EditApiKey);
  const fields = ['name', 'expiresAt'];

  async function submit() {
    const { id, version } = begun;
    // An expiry that has passed may stay, but cannot be set.
    const changed = expiresAt === (begun.expiresAt ?? null) ? {} : { expiresAt };
    const done = await run({ input: { id, version, name, ...changed } });
    if (!done) return;
    onClose();
    showToast(`${name} is changed.`);
  }

  function reload() {
    setBegun(apiKey);
    setName(apiKey.name);
    setExpiresAt(apiKey.expiresAt ?? null);
    clear();
  }

  return (
    <DialogForm submit="Save" busy={busy} onCancel={onClose} onSubmit={submit}>
      <TextField
        label="Name"
        required
        value={name}
        error={issueOf(problem, 'name')}
        onChange={(event) => setName(event.target.value)}
      />
      <ExpiryField
        key={begun.version}
        value={expiresAt}
        error={issueOf(problem, 'expiresAt')}
        hint="It works no longer than until then, nor does an earlier secret of it."
        onChange={setExpiresAt}
      />
      <ChangeProblem
        problem={problem}
        fields={fields}
        of={{ environmentId: apiKey.environment.id, apiKeyId: apiKey.id }}
        onReload={reload}
      />
    </DialogForm>
  );
}
