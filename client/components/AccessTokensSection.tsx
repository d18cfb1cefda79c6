import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useAction } from '../answers.tsx';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Badge } from '../ui/Badge.tsx';
import { Button } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import { Section } from '../ui/Section.tsx';
import { type Column, Table } from '../ui/Table.tsx';
import { Time, useNow } from '../ui/Time.tsx';
import { showToast } from '../ui/Toast.tsx';
import styles from './ApiKeysTable.module.css';
import { ConfirmDialog } from './ConfirmDialog.tsx';
import { CreateAccessTokenDialog } from './CreateAccessTokenDialog.tsx';

const AccessTokensSection_Viewer = graphql(`
  fragment AccessTokensSection_Viewer on Viewer {
    accessTokens {
      id
      name
      preview
      scope
      workspace { id name }
      createdAt
      lastUsedAt
      expiresAt
    }
    ...CreateAccessTokenDialog_Viewer
  }
`);

const RevokeAccessToken = graphql(`
  mutation RevokeAccessToken($input: RevokeAccessTokenInput!) {
    revokeAccessToken(input: $input) {
      __typename
      ... on RevokeAccessTokenPayload { revokedId }
      ...Problem_UserError
    }
  }
`);

export function AccessTokensSection(props: {
  viewer: FragmentType<typeof AccessTokensSection_Viewer>;
}) {
  const viewer = readFragment(AccessTokensSection_Viewer, props.viewer);
  const [creating, setCreating] = useState(false);
  const [newId, setNewId] = useState<string | null>(null);
  const [revoking, setRevoking] = useState<{ id: string; name: string } | null>(null);
  const { run, busy, problem, clear } = useAction(RevokeAccessToken);
  const now = useNow();

  function close() {
    setRevoking(null);
    clear();
  }

  const columns: Column<(typeof viewer.accessTokens)[number]>[] = [
    {
      key: 'name',
      header: 'Name',
      grow: true,
      cell: ({ name }) => <span className={styles.name}>{name}</span>,
    },
    {
      key: 'token',
      header: 'Token',
      cell: ({ preview }) => <code className={styles.preview}>{preview}</code>,
    },
    {
      key: 'scope',
      header: 'May',
      cell: ({ scope, workspace }) => (
        <span className={styles.created}>
          {scope === 'READ' ? 'Read' : 'Read and write'}
          {workspace && <Badge>{workspace.name}</Badge>}
        </span>
      ),
    },
    {
      key: 'used',
      header: 'Last used',
      cell: ({ lastUsedAt }) =>
        lastUsedAt ? <Time at={lastUsedAt} capital /> : <span className={styles.none}>Never</span>,
    },
    {
      key: 'expires',
      header: 'Expires',
      cell: ({ expiresAt }) => {
        if (!expiresAt) return <span className={styles.none}>Never</span>;
        if (Date.parse(expiresAt) < now) return <Badge tone="negative">Expired</Badge>;
        return <Time at={expiresAt} capital />;
      },
    },
    {
      key: 'revoke',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: ({ id, name }) => (
        <Button size="small" look="quiet" onClick={() => setRevoking({ id, name })}>
          Revoke
          <span className="visually-hidden"> {name}</span>
        </Button>
      ),
    },
  ];

  return (
    <Section
      title="Access tokens"
      description="Let a program act as you, such as a deployment. They never manage sign-ins, passwords, tokens, members or roles."
      actions={
        <Button
          size="small"
          icon={<Plus aria-hidden="true" />}
          data-shortcut="c"
          onClick={() => setCreating(true)}
        >
          Create token
        </Button>
      }
    >
      <Table
        label="Access tokens"
        columns={columns}
        rows={viewer.accessTokens}
        highlightedId={newId}
        empty={
          <Empty title="No access tokens">
            <p>
              A program sends one as <code>Authorization: Bearer lkp_…</code>
            </p>
          </Empty>
        }
      />
      <CreateAccessTokenDialog
        viewer={viewer}
        open={creating}
        onClose={() => setCreating(false)}
        onCreated={setNewId}
      />
      <ConfirmDialog
        open={revoking !== null}
        title={`Revoke ${revoking?.name ?? 'token'}?`}
        confirm="Revoke"
        busy={busy}
        problem={problem}
        onClose={close}
        onConfirm={async () => {
          if (!revoking || !(await run({ input: { id: revoking.id } }))) return;
          close();
          showToast(`${revoking.name} is revoked.`);
        }}
      >
        <p>Programs that still send it are refused from now on.</p>
      </ConfirmDialog>
    </Section>
  );
}
