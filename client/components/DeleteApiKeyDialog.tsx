import { useAction } from '../answers.tsx';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Button } from '../ui/Button.tsx';
import { formatCount } from '../ui/numbers.ts';
import { Time } from '../ui/Time.tsx';
import { showToast } from '../ui/Toast.tsx';
import styles from './DeleteApiKeyDialog.module.css';
import { SwitchApiKey } from './switch-api-key.ts';
import { TypedNameDialog } from './TypedNameDialog.tsx';

const DeleteApiKeyDialog_ApiKey = graphql(`
  fragment DeleteApiKeyDialog_ApiKey on ApiKey {
    id
    name
    type
    active
    version
    lastUsedAt
    lastUsedIp
    lastUsedUserAgent
    openConnections
  }
`);

const DeleteApiKey = graphql(`
  mutation DeleteApiKey($input: DeleteApiKeyInput!) {
    deleteApiKey(input: $input) {
      __typename
      ... on DeleteApiKeyPayload { deletedId }
      ...Problem_UserError
    }
  }
`);

/** Says who still uses a key before it goes, and offers to switch it off instead. */
export function DeleteApiKeyDialog({
  open,
  onClose,
  ...props
}: {
  apiKey: FragmentType<typeof DeleteApiKeyDialog_ApiKey>;
  open: boolean;
  onClose: () => void;
}) {
  const apiKey = readFragment(DeleteApiKeyDialog_ApiKey, props.apiKey);
  const { id, name, type, active, version } = apiKey;
  const remove = useAction(DeleteApiKey);
  const deactivate = useAction(SwitchApiKey);

  function close() {
    onClose();
    remove.clear();
    deactivate.clear();
  }

  async function deactivateInstead() {
    if (!(await deactivate.run({ input: { id, version, active: false } }))) return;
    close();
    showToast(`${name} is refused from now on. Watch what is refused, then delete it.`);
  }

  return (
    <TypedNameDialog
      open={open}
      title={`Delete ${name}?`}
      name={name}
      busy={remove.busy}
      problem={remove.problem ?? deactivate.problem}
      onClose={close}
      onConfirm={async (confirmName) => {
        if (!(await remove.run({ input: { id, confirmName } }))) return;
        close();
        showToast(`${name} is deleted.`);
      }}
      instead={
        active && (
          <Button busy={deactivate.busy} onClick={deactivateInstead}>
            Deactivate instead
          </Button>
        )
      }
    >
      <dl className={styles.facts}>
        <div>
          <dt>Last used</dt>
          <dd>
            {apiKey.lastUsedAt ? (
              <>
                <Time at={apiKey.lastUsedAt} />
                {apiKey.lastUsedIp && ` from ${apiKey.lastUsedIp}`}
                {apiKey.lastUsedUserAgent && (
                  <span className={styles.agent}>{apiKey.lastUsedUserAgent}</span>
                )}
              </>
            ) : (
              'Never'
            )}
          </dd>
        </div>
        <div>
          <dt>What will fail</dt>
          <dd>
            {type === 'SECRET'
              ? 'Servers that still send it: they can start, confirm, exchange and list nothing more.'
              : 'Pages and apps that still send it: they can start no more sessions with it.'}{' '}
            {describeConnections(apiKey.openConnections)} Sessions that it started go on.
          </dd>
        </div>
      </dl>
    </TypedNameDialog>
  );
}

function describeConnections(count: number): string {
  if (count === 0) return 'No connection that it opened is open now.';
  if (count === 1) return 'The 1 connection that it holds open closes at once.';
  return `The ${formatCount(count)} connections that it holds open close at once.`;
}
