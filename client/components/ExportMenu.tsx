import { Download } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../ui/Button.tsx';
import { Menu } from '../ui/Menu.tsx';
import { showToast } from '../ui/Toast.tsx';

/** The rows of the list, all of them, as a file. */
export function ExportMenu({
  what,
  place,
  filter,
}: {
  what: 'logs' | 'sessions';
  /** One of workspaceId, projectId and environmentId. */
  place: Readonly<Record<string, string>>;
  filter: object;
}) {
  const [busy, setBusy] = useState(false);

  async function save(format: 'csv' | 'jsonl') {
    setBusy(true);
    try {
      // Nobody needs it before they choose a format.
      const { exportRows } = await import('./export-rows.ts');
      await exportRows(what, { ...place, filter, format });
    } catch (error) {
      showToast(`Not exported: ${(error as Error).message}`, { requestId: null });
    } finally {
      setBusy(false);
    }
  }

  return (
    <Menu
      label="Export"
      trigger={
        <Button busy={busy} icon={<Download aria-hidden="true" />}>
          Export
        </Button>
      }
      entries={[
        { label: 'As CSV', onSelect: () => void save('csv') },
        { label: 'As JSON Lines', onSelect: () => void save('jsonl') },
      ]}
    />
  );
}
