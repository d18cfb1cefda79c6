import { useState } from 'react';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog, DialogActions, DialogBody } from '../ui/Dialog.tsx';
import { RadioGroup } from '../ui/Field.tsx';
import { Notice } from '../ui/Notice.tsx';
import { showToast } from '../ui/Toast.tsx';
import { RevealApiKey } from './AddApiKeyDialog.tsx';
import { ChangeProblem } from './ChangeProblem.tsx';
import { useSecretAction } from './use-secret-action.ts';

const RegenerateApiKeyDialog_ApiKey = graphql(`
  fragment RegenerateApiKeyDialog_ApiKey on ApiKey {
    id
    name
    type
    version
    environment { id }
    rotation { endsAt }
  }
`);

const RegenerateApiKey = graphql(`
  mutation RegenerateApiKey($input: RegenerateApiKeyInput!) {
    regenerateApiKey(input: $input) {
      __typename
      ... on RegenerateApiKeyPayload {
        secret
        apiKey { id ...ApiKeysTable_ApiKey ...RotationNotices_ApiKey }
      }
      ...Problem_UserError
    }
  }
`);

const overlaps = [
  {
    value: '0',
    label: 'Now',
    hint: 'The old secret dies at once, and its connections close. For one that leaked.',
  },
  { value: '3600', label: 'In 1 hour', hint: 'Both work for an hour: enough for one deployment.' },
  { value: '86400', label: 'In 24 hours', hint: 'Both work for a day.' },
  { value: '604800', label: 'In 7 days', hint: 'Both work for a week: for several teams.' },
] as const;

type Overlap = (typeof overlaps)[number]['value'];

/** Replaces the secret of a key, and shows the new one in the same dialog. */
export function RegenerateApiKeyDialog({
  open,
  onClose,
  ...props
}: {
  apiKey: FragmentType<typeof RegenerateApiKeyDialog_ApiKey>;
  open: boolean;
  onClose: () => void;
}) {
  const apiKey = readFragment(RegenerateApiKeyDialog_ApiKey, props.apiKey);
  const { id, name, type, version, rotation, environment } = apiKey;
  const [overlap, setOverlap] = useState<Overlap>('0');
  const [secret, setSecret] = useState<string | null>(null);
  const { run, busy, problem, clear } = useSecretAction(RegenerateApiKey);

  function close() {
    if (busy) return; // what is under way is shown only once
    onClose();
    setOverlap('0');
    setSecret(null);
    clear();
  }

  async function regenerate() {
    const done = await run({ input: { id, version, overlapSeconds: Number(overlap) } });
    if (!done) return;
    if (done.secret) return setSecret(done.secret);
    close();
    showToast(`${name} has a new value: copy it from its row.`);
  }

  if (open && secret) {
    const description =
      overlap === '0'
        ? 'The new secret. The old one is refused from now on.'
        : 'The new secret. The old one works beside it until its time is over.';
    return <RevealApiKey name={name} secret={secret} description={description} onClose={close} />;
  }
  return (
    <Dialog
      open={open}
      onClose={close}
      title={`Regenerate ${name}?`}
      description={
        type === 'SECRET'
          ? 'It stays the same key with a new secret, which is shown once.'
          : 'It stays the same key with a new value.'
      }
    >
      <DialogBody>
        <RadioGroup
          legend="The old one ends"
          name="overlap"
          value={overlap}
          options={overlaps}
          onChange={setOverlap}
        />
        {rotation && (
          <Notice tone="caution">
            An earlier secret of this key still works. Regenerating again ends that one at once.
          </Notice>
        )}
        <ChangeProblem
          problem={problem}
          of={{ environmentId: environment.id, apiKeyId: id }}
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
