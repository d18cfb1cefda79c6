import { useState } from 'react';
import { useLocation } from 'wouter';
import { useAction } from '../answers.tsx';
import type { Role } from '../gql/graphql.ts';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { paths } from '../paths.ts';
import { Badge } from '../ui/Badge.tsx';
import { Menu } from '../ui/Menu.tsx';
import { Section } from '../ui/Section.tsx';
import { type Column, Table } from '../ui/Table.tsx';
import { DateOf } from '../ui/Time.tsx';
import { showToast } from '../ui/Toast.tsx';
import { roleHints, roleNames, wordFor } from '../words.ts';
import { ConfirmDialog } from './ConfirmDialog.tsx';
import styles from './MembersSection.module.css';

const MembersSection_Workspace = graphql(`
  fragment MembersSection_Workspace on Workspace {
    id
    name
    viewerCanManageMembers
    viewerCanManageOwners
    members { role since user { id name email } workspace { id } }
  }
`);

const ChangeMemberRole = graphql(`
  mutation ChangeMemberRole($input: ChangeMemberRoleInput!) {
    changeMemberRole(input: $input) {
      __typename
      ... on ChangeMemberRolePayload { membership { role user { id } workspace { id } } }
      ...Problem_UserError
    }
  }
`);

const RemoveMember = graphql(`
  mutation RemoveMember($input: RemoveMemberInput!) {
    removeMember(input: $input) {
      __typename
      ... on RemoveMemberPayload { userId }
      ...Problem_UserError
    }
  }
`);

interface Member {
  id: string;
  name: string;
  email: string | null;
  role: string;
  since: string;
}

/** Who belongs to the workspace, and as what. */
export function MembersSection({
  viewerId,
  ...props
}: {
  workspace: FragmentType<typeof MembersSection_Workspace>;
  viewerId: string;
}) {
  const workspace = readFragment(MembersSection_Workspace, props.workspace);
  const { viewerCanManageMembers, viewerCanManageOwners } = workspace;
  const [removing, setRemoving] = useState<Member | null>(null);
  const changeRole = useAction(ChangeMemberRole);
  const remove = useAction(RemoveMember);
  const [, navigate] = useLocation();

  const rows = workspace.members.map(({ role, since, user }) => ({
    id: user.id,
    name: user.name,
    email: user.email ?? null,
    role,
    since,
  }));
  const mayManage = ({ role }: Member) =>
    role === 'OWNER' ? viewerCanManageOwners : viewerCanManageMembers;
  const roles = Object.entries(roleNames)
    .filter(([role]) => role !== 'OWNER' || viewerCanManageOwners)
    .map(([value, label]) => ({ value, label, hint: roleHints[value] }));

  async function choose(member: Member, role: string) {
    const input = { workspaceId: workspace.id, userId: member.id, role: role as Role };
    if (await changeRole.run({ input })) {
      showToast(`${member.name} is ${wordFor(roleNames, role)} from now on.`);
    }
  }

  async function confirmRemoval() {
    if (!removing) return;
    const input = { workspaceId: workspace.id, userId: removing.id };
    if (!(await remove.run({ input }))) return;
    setRemoving(null);
    showToast(removing.id === viewerId ? 'You left.' : `${removing.name} is removed.`);
    if (removing.id === viewerId) navigate(paths.home());
  }

  const columns: Column<Member>[] = [
    {
      key: 'name',
      header: 'Name',
      grow: true,
      cell: ({ id, name, email }) => (
        <div className={styles.person}>
          <span>
            <strong>{name}</strong> {id === viewerId && <Badge>You</Badge>}
          </span>
          {email && <span className={styles.email}>{email}</span>}
        </div>
      ),
    },
    { key: 'role', header: 'Role', cell: ({ role }) => wordFor(roleNames, role) },
    { key: 'since', header: 'Since', cell: ({ since }) => <DateOf at={since} /> },
    {
      key: 'menu',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (member) => {
        const isSelf = member.id === viewerId;
        const canManage = mayManage(member);
        if (!canManage && !isSelf) return null;
        return (
          <Menu
            label={`Actions for ${member.name}`}
            entries={[
              canManage && {
                choice: 'Role',
                value: member.role,
                options: roles,
                onChange: (role: string) => choose(member, role),
              },
              canManage && 'separator',
              {
                label: isSelf ? 'Leave workspace…' : 'Remove…',
                danger: true,
                onSelect: () => setRemoving(member),
              },
            ]}
          />
        );
      },
    },
  ];

  return (
    <Section title="Members">
      <Table label="Members" columns={columns} rows={rows} />
      {changeRole.problem && (
        <p role="alert" className={styles.problem}>
          {changeRole.problem.message}
        </p>
      )}
      <ConfirmDialog
        open={removing !== null}
        title={
          removing?.id === viewerId
            ? `Leave ${workspace.name}?`
            : `Remove ${removing?.name ?? 'member'}?`
        }
        confirm={removing?.id === viewerId ? 'Leave' : 'Remove'}
        busy={remove.busy}
        problem={remove.problem}
        onClose={() => {
          setRemoving(null);
          remove.clear();
        }}
        onConfirm={confirmRemoval}
      >
        <p>
          {removing?.id === viewerId ? 'You see' : 'They see'} nothing of this workspace from then
          on, and invitations that {removing?.id === viewerId ? 'you' : 'they'} sent are void.
        </p>
      </ConfirmDialog>
    </Section>
  );
}
