import { useState } from 'react';
import { useLocation } from 'wouter';
import { useAction } from '../answers.tsx';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { paths } from '../paths.ts';
import { Button } from '../ui/Button.tsx';
import { Row } from '../ui/Row.tsx';
import { CardRow, Section } from '../ui/Section.tsx';
import { showToast } from '../ui/Toast.tsx';
import { TypedNameDialog } from './TypedNameDialog.tsx';

const DeleteWorkspaceSection_Workspace = graphql(`
  fragment DeleteWorkspaceSection_Workspace on Workspace { id name viewerCanDelete }
`);

const DeleteWorkspace = graphql(`
  mutation DeleteWorkspace($input: DeleteWorkspaceInput!) {
    deleteWorkspace(input: $input) {
      __typename
      ... on DeleteWorkspacePayload { deletedId }
      ...Problem_UserError
    }
  }
`);

export function DeleteWorkspaceSection(props: {
  workspace: FragmentType<typeof DeleteWorkspaceSection_Workspace>;
}) {
  const workspace = readFragment(DeleteWorkspaceSection_Workspace, props.workspace);
  const { id, name, viewerCanDelete } = workspace;
  const [open, setOpen] = useState(false);
  const [, navigate] = useLocation();
  const { run, busy, problem, clear } = useAction(DeleteWorkspace);
  if (!viewerCanDelete) return null;

  return (
    <Section card title="Delete workspace">
      <CardRow>
        <Row
          hint="All its projects go with it, at once and for good. Its members keep their accounts."
          action={
            <Button look="risky" onClick={() => setOpen(true)}>
              Delete workspace
            </Button>
          }
        />
      </CardRow>
      <TypedNameDialog
        open={open}
        title={`Delete ${name}?`}
        name={name}
        busy={busy}
        problem={problem}
        onClose={() => {
          setOpen(false);
          clear();
        }}
        onConfirm={async (confirmName) => {
          if (!(await run({ input: { id, confirmName } }))) return;
          navigate(paths.home(), { replace: true });
          showToast(`${name} is deleted.`);
        }}
      >
        <p>
          Every project in it goes: environments, keys, sessions, logs and analytics. No key works
          and no connection stays open afterwards.
        </p>
      </TypedNameDialog>
    </Section>
  );
}
