import { useState } from 'react';
import { issueOf } from '../answers.tsx';
import type { Role } from '../gql/graphql.ts';
import { graphql } from '../gql/index.ts';
import { Button } from '../ui/Button.tsx';
import { CopyButton } from '../ui/Copy.tsx';
import { Dialog, DialogActions, DialogBody } from '../ui/Dialog.tsx';
import { RadioGroup, TextField } from '../ui/Field.tsx';
import { Notice } from '../ui/Notice.tsx';
import { roleHints, roleNames } from '../words.ts';
import { DialogForm } from './DialogForm.tsx';
import styles from './InviteMemberDialog.module.css';
import { ProblemNotice } from './ProblemNotice.tsx';
import { useSecretAction } from './use-secret-action.ts';

const InviteMember = graphql(`
  mutation InviteMember($input: InviteMemberInput!) {
    inviteMember(input: $input) {
      __typename
      ... on InviteMemberPayload { url invitation { id email } }
      ...Problem_UserError
    }
  }
`);

/** Makes an invitation, and shows its link this once: Latchkey sends no email. */
export function InviteMemberDialog({
  workspace,
  open,
  onClose,
  onInvited,
}: {
  workspace: { id: string; viewerCanManageOwners: boolean };
  open: boolean;
  onClose: () => void;
  onInvited: (id: string) => void;
}) {
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('DEVELOPER');
  const [made, setMade] = useState<{ email: string; url: string } | null>(null);
  const { run, busy, problem, clear } = useSecretAction(InviteMember);
  const roles = (['VIEWER', 'DEVELOPER', 'ADMIN', 'OWNER'] as const)
    .filter((each) => each !== 'OWNER' || workspace.viewerCanManageOwners)
    .map((value) => ({ value, label: roleNames[value], hint: roleHints[value] }));

  function close() {
    if (busy) return; // what is under way is shown only once
    onClose();
    setEmail('');
    setRole('DEVELOPER');
    setMade(null);
    clear();
  }

  async function submit() {
    const done = await run({ input: { workspaceId: workspace.id, email, role } });
    if (!done) return;
    onInvited(done.invitation.id);
    setMade({ email: done.invitation.email, url: done.url });
  }

  return (
    <Dialog
      open={open}
      onClose={close}
      title={made ? 'The invitation is ready' : 'Invite somebody'}
    >
      {made ? (
        <>
          <DialogBody>
            <Notice tone="caution">
              Send this link to {made.email}. It is shown only now; Latchkey sends no email.
            </Notice>
            <code className={styles.url}>{made.url}</code>
          </DialogBody>
          <DialogActions>
            <CopyButton text={made.url} aria-label="Copy the link">
              Copy link
            </CopyButton>
            <Button look="primary" onClick={close}>
              Done
            </Button>
          </DialogActions>
        </>
      ) : (
        <DialogForm submit="Create invitation" busy={busy} onCancel={close} onSubmit={submit}>
          <TextField
            label="Email"
            type="email"
            required
            hint="Only who signs in with this address can accept."
            value={email}
            error={issueOf(problem, 'email')}
            onChange={(event) => setEmail(event.target.value)}
          />
          <RadioGroup legend="Role" name="role" value={role} options={roles} onChange={setRole} />
          <ProblemNotice problem={problem} fields={['email']} />
        </DialogForm>
      )}
    </Dialog>
  );
}
