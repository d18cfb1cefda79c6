import { type Column, Table } from '../ui/Table.tsx';

interface Power {
  id: string;
  what: string;
  secret: string;
  publishable: string;
}

const powers: readonly Power[] = [
  {
    id: 'start',
    what: 'Start a session',
    secret: 'yes',
    publishable: 'outside production; in production with public access on',
  },
  {
    id: 'watch',
    what: 'Watch a session',
    secret: 'by client secret',
    publishable: 'by client secret',
  },
  {
    id: 'confirm',
    what: 'Confirm a session (session id or scanned link token)',
    secret: 'yes',
    publishable: 'no',
  },
  { id: 'cancel', what: 'Cancel a session', secret: 'yes', publishable: 'by client secret' },
  {
    id: 'exchange',
    what: 'Exchange a confirmed session, once',
    secret: 'of sessions started with a secret key',
    publishable: 'by client secret, of sessions started without one',
  },
  {
    id: 'list',
    what: 'List sessions, logs, analytics, counts of its environment',
    secret: 'yes',
    publishable: 'no',
  },
  {
    id: 'manage',
    what: 'Manage projects, keys, webhooks',
    secret: 'no: that takes a signed-in user or an access token',
    publishable: 'no',
  },
];

const columns: Column<Power>[] = [
  { key: 'what', header: 'What', wrap: true, cell: ({ what }) => what },
  { key: 'secret', header: 'Secret', wrap: true, cell: ({ secret }) => secret },
  {
    key: 'publishable',
    header: 'Publishable',
    wrap: true,
    cell: ({ publishable }) => publishable,
  },
];

export function KeyPowers() {
  return <Table label="What a key may do" columns={columns} rows={powers} />;
}
