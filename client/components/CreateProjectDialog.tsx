import { useState } from 'react';
import { useLocation } from 'wouter';
import { issueOf, type PayloadOf } from '../answers.tsx';
import type { CreateProjectMutation } from '../gql/graphql.ts';
import { graphql } from '../gql/index.ts';
import { paths } from '../paths.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { TextField } from '../ui/Field.tsx';
import { DialogForm } from './DialogForm.tsx';
import { ProblemNotice } from './ProblemNotice.tsx';
import { useReveal } from './Reveal.tsx';
import { useSecretAction } from './use-secret-action.ts';

const CreateProject = graphql(`
  mutation CreateProject($input: CreateProjectInput!) {
    createProject(input: $input) {
      __typename
      ... on CreateProjectPayload {
        project { id name }
        secret
        publishableKey { id publishableValue }
      }
      ...Problem_UserError
    }
  }
`);

/** Makes a project and, in the same dialog, shows its keys: the secret one this once. */
export function CreateProjectDialog({
  open,
  workspaceId,
  onClose,
}: {
  open: boolean;
  workspaceId: string;
  onClose: () => void;
}) {
  const [name, setName] = useState('');
  const [made, setMade] = useState<PayloadOf<CreateProjectMutation> | null>(null);
  const { run, busy, problem, clear } = useSecretAction(CreateProject);

  function close() {
    if (busy) return; // what is under way is shown only once
    onClose();
    setName('');
    setMade(null);
    clear();
  }

  async function submit() {
    setMade(await run({ input: { workspaceId, name } }));
  }

  if (open && made) return <MadeProject made={made} onClose={close} />;
  return (
    <Dialog open={open} onClose={close} title="Create project">
      <DialogForm submit="Create project" busy={busy} onCancel={close} onSubmit={submit}>
        <TextField
          label="Name"
          hint="Production and Development come with it, so leave them out of the name."
          required
          maxLength={200}
          value={name}
          error={issueOf(problem, 'name')}
          onChange={(event) => setName(event.target.value)}
        />
        <ProblemNotice problem={problem} fields={['name']} />
      </DialogForm>
    </Dialog>
  );
}

function MadeProject({
  made: { project, publishableKey, secret },
  onClose,
}: {
  made: PayloadOf<CreateProjectMutation>;
  onClose: () => void;
}) {
  const [, navigate] = useLocation();
  const reveal = useReveal({
    fileName: `${project.name}.env`,
    values: [
      { label: 'Project id', name: 'LATCHKEY_PROJECT_ID', value: project.id },
      {
        label: 'Publishable key',
        name: 'LATCHKEY_PUBLISHABLE_KEY',
        value: publishableKey.publishableValue ?? '',
      },
      { label: 'Secret key', name: 'LATCHKEY_SECRET_KEY', value: secret, secret: true },
    ],
    onClose,
  });
  return (
    <Dialog
      open
      onClose={reveal.leave}
      size="wide"
      title={`${project.name} is ready`}
      description="These are its Production keys. Development has a publishable key of its own."
    >
      {reveal.body}
      {reveal.actions(
        <>
          <Button onClick={() => reveal.leaveFor(() => navigate(paths.overview(project.id)))}>
            Open project
          </Button>
          <Button
            look="primary"
            onClick={() => reveal.leaveFor(() => navigate(paths.tryIt(project.id)))}
          >
            Try it
          </Button>
        </>,
      )}
    </Dialog>
  );
}
