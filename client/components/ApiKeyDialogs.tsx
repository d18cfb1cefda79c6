import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { DeleteApiKeyDialog } from './DeleteApiKeyDialog.tsx';
import { EditApiKeyDialog } from './EditApiKeyDialog.tsx';
import { RegenerateApiKeyDialog } from './RegenerateApiKeyDialog.tsx';

const ApiKeyDialogs_ApiKey = graphql(`
  fragment ApiKeyDialogs_ApiKey on ApiKey {
    ...EditApiKeyDialog_ApiKey
    ...RegenerateApiKeyDialog_ApiKey
    ...DeleteApiKeyDialog_ApiKey
  }
`);

/** What a key's menu opens: loaded with the first one (see ApiKeyMenu.tsx). */
export default function ApiKeyDialogs({
  open,
  onClose,
  ...props
}: {
  apiKey: FragmentType<typeof ApiKeyDialogs_ApiKey>;
  open: 'edit' | 'regenerate' | 'delete' | null;
  onClose: () => void;
}) {
  const apiKey = readFragment(ApiKeyDialogs_ApiKey, props.apiKey);
  return (
    <>
      <EditApiKeyDialog apiKey={apiKey} open={open === 'edit'} onClose={onClose} />
      <RegenerateApiKeyDialog apiKey={apiKey} open={open === 'regenerate'} onClose={onClose} />
      <DeleteApiKeyDialog apiKey={apiKey} open={open === 'delete'} onClose={onClose} />
    </>
  );
}
