import { lazy, Suspense, useState } from 'react';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Menu } from '../ui/Menu.tsx';
import { SwitchApiKey } from './switch-api-key.ts';
import { useToldAction } from './use-told-action.ts';

/** Nobody needs one before they choose it from the menu. */
const ApiKeyDialogs = lazy(() => import('./ApiKeyDialogs.tsx'));

const ApiKeyMenu_ApiKey = graphql(`
  fragment ApiKeyMenu_ApiKey on ApiKey {
    id
    name
    active
    version
    ...ApiKeyDialogs_ApiKey
  }
`);

/** What one can do with a key from its row. */
export function ApiKeyMenu({
  canManage,
  ...props
}: {
  apiKey: FragmentType<typeof ApiKeyMenu_ApiKey>;
  canManage: boolean;
}) {
  const apiKey = readFragment(ApiKeyMenu_ApiKey, props.apiKey);
  const { id, name, active, version } = apiKey;
  const [open, setOpen] = useState<'edit' | 'regenerate' | 'delete' | null>(null);
  const [wanted, setWanted] = useState(false);
  if (open && !wanted) setWanted(true);
  const { run } = useToldAction(SwitchApiKey);
  const disabled = !canManage;

  function toggle() {
    void run(
      { input: { id, version, active: !active } },
      active
        ? `${name} is refused from now on. Running subscriptions go on.`
        : `${name} works again.`,
    );
  }

  return (
    <>
      <Menu
        label={`Actions for ${name}`}
        entries={[
          { label: 'Edit…', disabled, onSelect: () => setOpen('edit') },
          { label: 'Regenerate…', disabled, onSelect: () => setOpen('regenerate') },
          { label: active ? 'Deactivate' : 'Activate', disabled, onSelect: toggle },
          'separator',
          { label: 'Delete…', danger: true, disabled, onSelect: () => setOpen('delete') },
        ]}
      />
      <Suspense>
        {wanted && <ApiKeyDialogs apiKey={apiKey} open={open} onClose={() => setOpen(null)} />}
      </Suspense>
    </>
  );
}
