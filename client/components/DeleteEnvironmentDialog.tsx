import { useAction } from '../answers.tsx';
import { graphql } from '../gql/index.ts';
import { showToast } from '../ui/Toast.tsx';
import { TypedNameDialog } from './TypedNameDialog.tsx';

const DeleteEnvironment = graphql(`
  mutation DeleteEnvironment($input: DeleteEnvironmentInput!) {
    deleteEnvironment(input: $input) {
      __typename
      ... on DeleteEnvironmentPayload { deletedId }
      ...Problem_UserError
    }
  }
`);

export function DeleteEnvironmentDialog({
  environment: { id, name },
  open,
  onClose,
}: {
  environment: { id: string; name: string };
  open: boolean;
  onClose: () => void;
}) {
  const { run, busy, problem, clear } = useAction(DeleteEnvironment);

  function close() {
    onClose();
    clear();
  }

  return (
    <TypedNameDialog
      open={open}
      title={`Delete ${name}?`}
      name={name}
      busy={busy}
      problem={problem}
      onClose={close}
      onConfirm={async (confirmName) => {
        if (!(await run({ input: { id, confirmName } }))) return;
        close();
        showToast(`${name} is deleted.`);
      }}
    >
      <p>
        Its keys, sessions, logs and analytics go at once and for good. The other environments stay.
      </p>
    </TypedNameDialog>
  );
}
