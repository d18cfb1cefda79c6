import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useAction } from '../answers.tsx';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Button } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import { Section } from '../ui/Section.tsx';
import { type Column, Table } from '../ui/Table.tsx';
import { Time } from '../ui/Time.tsx';
import { showToast } from '../ui/Toast.tsx';
import { roleNames, wordFor } from '../words.ts';
import { ConfirmDialog } from './ConfirmDialog.tsx';
import { InviteMemberDialog } from './InviteMemberDialog.tsx';

const InvitationsSection_Workspace = graphql(`
  fragment InvitationsSection_Workspace on Workspace {
    id
    viewerCanManageMembers
    viewerCanManageOwners
    invitations { id email role expiresAt invitedBy { id name } }
  }
`);

const RevokeInvitation = graphql(`
  mutation RevokeInvitation($input: RevokeInvitationInput!) {
    revokeInvitation(input: $input) {
      __typename
      ... on RevokeInvitationPayload { revokedId }
      ...Problem_UserError
    }
  }
`);

/** The open invitations, for those who may send them. */
export function InvitationsSection(props: {
  workspace: FragmentType<typeof InvitationsSection_Workspace>;
}) {
  const workspace = readFragment(InvitationsSection_Workspace, props.workspace);
  const { invitations, viewerCanManageMembers } = workspace;
  const [inviting, setInviting] = useState(false);
  const [newId, setNewId] = useState<string | null>(null);
  const [revoking, setRevoking] = useState<{ id: string; email: string } | null>(null);
  const { run, busy, problem, clear } = useAction(RevokeInvitation);
  if (!viewerCanManageMembers) return null;

  function close() {
    setRevoking(null);
    clear();
  }

  const columns: Column<(typeof invitations)[number]>[] = [
    { key: 'email', header: 'Address', grow: true, cell: ({ email }) => email },
    { key: 'role', header: 'Role', cell: ({ role }) => wordFor(roleNames, role) },
    { key: 'by', header: 'Invited by', cell: ({ invitedBy }) => invitedBy?.name ?? '' },
    {
      key: 'expires',
      header: 'Open until',
      cell: ({ expiresAt }) => <Time at={expiresAt} capital />,
    },
    {
      key: 'revoke',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: ({ id, email }) => (
        <Button size="small" look="quiet" onClick={() => setRevoking({ id, email })}>
          Revoke
          <span className="visually-hidden"> the invitation of {email}</span>
        </Button>
      ),
    },
  ];

  return (
    <Section
      title="Invitations"
      description="One address, one role, once, for 7 days. Void when the inviter may no longer invite."
      actions={
        <Button
          size="small"
          icon={<Plus aria-hidden="true" />}
          data-shortcut="c"
          onClick={() => setInviting(true)}
        >
          Invite
        </Button>
      }
    >
      <Table
        label="Invitations"
        columns={columns}
        rows={invitations}
        highlightedId={newId}
        empty={<Empty title="No open invitations" />}
      />
      <InviteMemberDialog
        workspace={workspace}
        open={inviting}
        onClose={() => setInviting(false)}
        onInvited={setNewId}
      />
      <ConfirmDialog
        open={revoking !== null}
        title="Revoke the invitation?"
        confirm="Revoke"
        busy={busy}
        problem={problem}
        onClose={close}
        onConfirm={async () => {
          if (!revoking || !(await run({ input: { id: revoking.id } }))) return;
          close();
          showToast('The invitation is revoked.');
        }}
      >
        <p>The link that was sent to {revoking?.email} opens nothing from then on.</p>
      </ConfirmDialog>
    </Section>
  );
}
