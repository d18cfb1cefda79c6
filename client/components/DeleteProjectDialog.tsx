import { useAction } from '../answers.tsx';
import { graphql } from '../gql/index.ts';
import { showToast } from '../ui/Toast.tsx';
import { TypedNameDialog } from './TypedNameDialog.tsx';

const DeleteProject = graphql(`
  mutation DeleteProject($input: DeleteProjectInput!) {
    deleteProject(input: $input) {
      __typename
      ... on DeleteProjectPayload { deletedId }
      ...Problem_UserError
    }
  }
`);

export function DeleteProjectDialog({
  project: { id, name },
  open,
  onClose,
  onDeleted,
}: {
  project: { id: string; name: string };
  open: boolean;
  onClose: () => void;
  onDeleted: () => void;
}) {
  const action = useAction(DeleteProject);
  return (
    <TypedNameDialog
      open={open}
      title={`Delete ${name}?`}
      name={name}
      busy={action.busy}
      problem={action.problem}
      onClose={() => {
        action.clear();
        onClose();
      }}
      onConfirm={async (confirmName) => {
        if (!(await action.run({ input: { id, confirmName } }))) return;
        onDeleted();
        showToast(`${name} is deleted.`);
      }}
    >
      <p>
        Everything goes at once and for good: its environments, keys, sessions, logs and analytics.
        No key works and no connection stays open afterwards.
      </p>
    </TypedNameDialog>
  );
}
