import { useState } from 'react';
import { useLocation } from 'wouter';
import { issueOf, useAction } from '../answers.tsx';
import { graphql } from '../gql/index.ts';
import { paths } from '../paths.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { TextField } from '../ui/Field.tsx';
import { DialogForm } from './DialogForm.tsx';
import { ProblemNotice } from './ProblemNotice.tsx';

const CreateWorkspace = graphql(`
  mutation CreateWorkspace($input: CreateWorkspaceInput!) {
    createWorkspace(input: $input) {
      __typename
      ... on CreateWorkspacePayload { workspace { id name } }
      ...Problem_UserError
    }
  }
`);

export function CreateWorkspaceDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [, navigate] = useLocation();
  const [name, setName] = useState('');
  const { run, busy, problem, clear } = useAction(CreateWorkspace);

  function close() {
    onClose();
    setName('');
    clear();
  }

  async function submit() {
    const done = await run({ input: { name } });
    if (!done) return;
    close();
    navigate(paths.projects(done.workspace.id));
  }

  return (
    <Dialog
      open={open}
      onClose={close}
      title="Create workspace"
      description="A workspace owns projects and has members of its own."
    >
      <DialogForm submit="Create workspace" busy={busy} onCancel={close} onSubmit={submit}>
        <TextField
          label="Name"
          value={name}
          required
          error={issueOf(problem, 'name')}
          onChange={(event) => setName(event.target.value)}
        />
        <ProblemNotice problem={problem} fields={['name']} />
      </DialogForm>
    </Dialog>
  );
}
