import { ChevronsUpDown } from 'lucide-react';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { paths } from '../paths.ts';
import { Mark } from '../ui/Mark.tsx';
import { Menu } from '../ui/Menu.tsx';
import { CreateWorkspaceDialog } from './CreateWorkspaceDialog.tsx';
import styles from './WorkspaceSwitch.module.css';

interface Workspace {
  id: string;
  name: string;
}

/** Which workspace one is in, and the way to the others. */
export function WorkspaceSwitch({
  workspaces,
  current,
}: {
  workspaces: readonly Workspace[];
  current: Workspace | null;
}) {
  const [, navigate] = useLocation();
  const [creating, setCreating] = useState(false);
  return (
    <>
      <Menu
        label="Workspace"
        align="start"
        trigger={
          <button type="button" className={styles.trigger}>
            <Mark size={22} />
            <span className={styles.name}>
              <span className="visually-hidden">Workspace: </span>
              {current?.name ?? 'Latchkey'}
            </span>
            <ChevronsUpDown aria-hidden="true" />
          </button>
        }
        entries={[
          workspaces.length > 0 && {
            choice: 'Workspaces',
            value: current?.id ?? '',
            options: workspaces.map(({ id, name }) => ({ value: id, label: name })),
            onChange: (id: string) => navigate(paths.projects(id)),
          },
          workspaces.length > 0 && 'separator',
          { label: 'Create workspace…', onSelect: () => setCreating(true) },
        ]}
      />
      <CreateWorkspaceDialog open={creating} onClose={() => setCreating(false)} />
    </>
  );
}
