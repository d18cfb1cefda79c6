import { useState } from 'react';
import { issueOf, useAction } from '../answers.tsx';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { TextArea, TextField } from '../ui/Field.tsx';
import { Switch } from '../ui/Switch.tsx';
import { showToast } from '../ui/Toast.tsx';
import { ChangeProblem } from './ChangeProblem.tsx';
import { DialogForm } from './DialogForm.tsx';

const EditEnvironmentDialog_Environment = graphql(`
  fragment EditEnvironmentDialog_Environment on Environment {
    id
    name
    kind
    allowedOrigins
    testConfirmations
    version
  }
`);

const UpdateEnvironment = graphql(`
  mutation UpdateEnvironment($input: UpdateEnvironmentInput!) {
    updateEnvironment(input: $input) {
      __typename
      ... on UpdateEnvironmentPayload {
        environment { id ...EditEnvironmentDialog_Environment }
      }
      ...Problem_UserError
    }
  }
`);

type Props = {
  environment: FragmentType<typeof EditEnvironmentDialog_Environment>;
  open: boolean;
  onClose: () => void;
};

/** The form is made anew each time it opens, from what the environment is then. */
export function EditEnvironmentDialog(props: Props) {
  const { name } = readFragment(EditEnvironmentDialog_Environment, props.environment);
  return (
    <Dialog open={props.open} onClose={props.onClose} title={`Edit ${name}`}>
      {props.open && <EditForm {...props} />}
    </Dialog>
  );
}

function EditForm({ onClose, ...props }: Props) {
  const environment = readFragment(EditEnvironmentDialog_Environment, props.environment);
  const [begun, setBegun] = useState(environment);
  const [name, setName] = useState(begun.name);
  const [origins, setOrigins] = useState(begun.allowedOrigins.join('\n'));
  const [testConfirmations, setTestConfirmations] = useState(begun.testConfirmations);
  const { run, busy, problem, clear } = useAction(UpdateEnvironment);
  const fields = ['name', 'allowedOrigins', 'testConfirmations'];
  const isProduction = begun.kind === 'PRODUCTION';

  function reload() {
    setBegun(environment);
    setName(environment.name);
    setOrigins(environment.allowedOrigins.join('\n'));
    setTestConfirmations(environment.testConfirmations);
    clear();
  }

  async function submit() {
    const { id, version } = begun;
    const allowedOrigins = origins.split(/\s+/).filter(Boolean);
    const test = isProduction ? {} : { testConfirmations };
    if (!(await run({ input: { id, version, name, allowedOrigins, ...test } }))) return;
    onClose();
    showToast(`${name} is saved.`);
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
      <TextArea
        label="Allowed origins"
        hint={
          isProduction
            ? 'One a line, such as https://app.example.com or myapp://. Pages of any other are refused with a publishable key.'
            : 'One a line, such as https://app.example.com or myapp://. Loopback is allowed here without being listed.'
        }
        value={origins}
        error={issueOf(problem, 'allowedOrigins')}
        onChange={(event) => setOrigins(event.target.value)}
      />
      <Switch
        label="Test confirmations"
        hint={
          isProduction
            ? 'Impossible in production.'
            : 'Whoever has the link can confirm a session as anybody, without proving who they are. For trying things out.'
        }
        checked={testConfirmations}
        disabled={isProduction}
        onChange={setTestConfirmations}
      />
      <ChangeProblem
        problem={problem}
        fields={fields}
        of={{ environmentId: environment.id }}
        onReload={reload}
      />
    </DialogForm>
  );
}
