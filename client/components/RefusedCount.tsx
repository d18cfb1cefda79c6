import { useState } from 'react';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Dialog, DialogBody } from '../ui/Dialog.tsx';
import { formatCount } from '../ui/numbers.ts';
import { type Column, Table } from '../ui/Table.tsx';
import { Time } from '../ui/Time.tsx';
import { refusalReasons, wordFor } from '../words.ts';
import styles from './RefusedCount.module.css';

const RefusedCount_ApiKey = graphql(`
  fragment RefusedCount_ApiKey on ApiKey {
    id
    name
    refusedCount
    refusals { reason count lastAt }
  }
`);

interface Row {
  id: string;
  count: number;
  lastAt: string;
}

const columns: Column<Row>[] = [
  { key: 'reason', header: 'Reason', grow: true, cell: ({ id }) => wordFor(refusalReasons, id) },
  {
    key: 'count',
    header: 'Attempts',
    align: 'end',
    cell: ({ count }) => <span className="number">{formatCount(count)}</span>,
  },
  { key: 'last', header: 'Last', cell: ({ lastAt }) => <Time at={lastAt} /> },
];

/** How often a key was refused; behind it, why and when last. */
export function RefusedCount(props: { apiKey: FragmentType<typeof RefusedCount_ApiKey> }) {
  const { name, refusedCount, refusals } = readFragment(RefusedCount_ApiKey, props.apiKey);
  const [open, setOpen] = useState(false);
  if (refusedCount === 0) return <span className="number">0</span>;
  return (
    <>
      <button type="button" className={styles.count} onClick={() => setOpen(true)}>
        {formatCount(refusedCount)}
        <span className="visually-hidden"> refused attempts of {name}</span>
      </button>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title={`Refused attempts of ${name}`}
        description="Whoever still sends this key hears the same reason."
      >
        <DialogBody>
          <div className={styles.table}>
            <Table
              label="Refusals"
              columns={columns}
              rows={refusals.map(({ reason, count, lastAt }) => ({ id: reason, count, lastAt }))}
            />
          </div>
        </DialogBody>
      </Dialog>
    </>
  );
}
