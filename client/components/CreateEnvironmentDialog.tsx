import { useState } from 'react';
import { issueOf, useAction } from '../answers.tsx';
import type { EnvironmentKind } from '../gql/graphql.ts';
import { graphql } from '../gql/index.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { SelectField, TextField } from '../ui/Field.tsx';
import { showToast } from '../ui/Toast.tsx';
import { kindNames } from '../words.ts';
import { DialogForm } from './DialogForm.tsx';
import { ProblemNotice } from './ProblemNotice.tsx';

const CreateEnvironment = graphql(`
  mutation CreateEnvironment($input: CreateEnvironmentInput!) {
    createEnvironment(input: $input) {
      __typename
      ... on CreateEnvironmentPayload { environment { id name } }
      ...Problem_UserError
    }
  }
`);

export function CreateEnvironmentDialog({
  projectId,
  open,
  onClose,
  onCreated,
}: {
  projectId: string;
  open: boolean;
  onClose: () => void;
  onCreated: (id: string) => void;
}) {
  const [name, setName] = useState('');
  const [kind, setKind] = useState<EnvironmentKind>('STAGING');
  const { run, busy, problem, clear } = useAction(CreateEnvironment);

  function close() {
    onClose();
    setName('');
    setKind('STAGING');
    clear();
  }

  async function submit() {
    const done = await run({ input: { projectId, name, kind } });
    if (!done) return;
    close();
    onCreated(done.environment.id);
    showToast(`${done.environment.name} is there. It has no keys yet.`);
  }

  return (
    <Dialog open={open} onClose={close} title="Create environment">
      <DialogForm submit="Create environment" busy={busy} onCancel={close} onSubmit={submit}>
        <TextField
          label="Name"
          required
          value={name}
          error={issueOf(problem, 'name')}
          onChange={(event) => setName(event.target.value)}
        />
        <SelectField
          label="Kind"
          hint="It stays as it is. Production keys begin with pk_live_ and sk_live_, all others with pk_test_ and sk_test_."
          value={kind}
          error={issueOf(problem, 'kind')}
          onChange={(event) => setKind(event.target.value as EnvironmentKind)}
        >
          {Object.entries(kindNames).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </SelectField>
        <ProblemNotice problem={problem} fields={['name', 'kind']} />
      </DialogForm>
    </Dialog>
  );
}
