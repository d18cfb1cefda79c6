import { useState } from 'react';
import { issueOf, type PayloadOf } from '../answers.tsx';
import type { AccessTokenScope, CreateAccessTokenMutation } from '../gql/graphql.ts';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { RadioGroup, SelectField, TextField } from '../ui/Field.tsx';
import { DialogForm } from './DialogForm.tsx';
import { ExpiryField } from './ExpiryField.tsx';
import { ProblemNotice } from './ProblemNotice.tsx';
import { useReveal } from './Reveal.tsx';
import { useSecretAction } from './use-secret-action.ts';

const CreateAccessTokenDialog_Viewer = graphql(`
  fragment CreateAccessTokenDialog_Viewer on Viewer {
    memberships { user { id } workspace { id name } }
  }
`);

const CreateAccessToken = graphql(`
  mutation CreateAccessToken($input: CreateAccessTokenInput!) {
    createAccessToken(input: $input) {
      __typename
      ... on CreateAccessTokenPayload { token accessToken { id name } }
      ...Problem_UserError
    }
  }
`);

const scopes = [
  { value: 'READ', label: 'Read', hint: 'See what you may see.' },
  { value: 'WRITE', label: 'Read and write', hint: 'Also change what you may change.' },
] as const;

export function CreateAccessTokenDialog({
  open,
  onClose,
  onCreated,
  ...props
}: {
  viewer: FragmentType<typeof CreateAccessTokenDialog_Viewer>;
  open: boolean;
  onClose: () => void;
  onCreated: (id: string) => void;
}) {
  const { memberships } = readFragment(CreateAccessTokenDialog_Viewer, props.viewer);
  const [name, setName] = useState('');
  const [scope, setScope] = useState<AccessTokenScope>('READ');
  const [workspaceId, setWorkspaceId] = useState('');
  const [expiresAt, setExpiresAt] = useState<string | null>(null);
  const [made, setMade] = useState<PayloadOf<CreateAccessTokenMutation> | null>(null);
  const { run, busy, problem, clear } = useSecretAction(CreateAccessToken);

  function close() {
    if (busy) return; // what is under way is shown only once
    onClose();
    setName('');
    setScope('READ');
    setWorkspaceId('');
    setExpiresAt(null);
    setMade(null);
    clear();
  }

  async function submit() {
    const done = await run({
      input: { name, scope, workspaceId: workspaceId || null, expiresAt },
    });
    if (!done) return;
    onCreated(done.accessToken.id);
    setMade(done);
  }

  if (open && made) return <RevealToken made={made} onClose={close} />;
  return (
    <Dialog open={open} onClose={close} title="Create access token">
      <DialogForm submit="Create token" busy={busy} onCancel={close} onSubmit={submit}>
        <TextField
          label="Name"
          hint="What uses it, such as “Deployment”."
          required
          value={name}
          error={issueOf(problem, 'name')}
          onChange={(event) => setName(event.target.value)}
        />
        <RadioGroup
          legend="It may"
          name="scope"
          value={scope}
          options={scopes}
          onChange={setScope}
        />
        <SelectField
          label="Workspace"
          value={workspaceId}
          error={issueOf(problem, 'workspaceId')}
          onChange={(event) => setWorkspaceId(event.target.value)}
        >
          <option value="">All of mine, also later ones</option>
          {memberships.map(({ workspace }) => (
            <option key={workspace.id} value={workspace.id}>
              {workspace.name}
            </option>
          ))}
        </SelectField>
        <ExpiryField
          value={expiresAt}
          error={issueOf(problem, 'expiresAt')}
          onChange={setExpiresAt}
        />
        <ProblemNotice problem={problem} fields={['name', 'workspaceId', 'expiresAt']} />
      </DialogForm>
    </Dialog>
  );
}

function RevealToken({
  made: { token, accessToken },
  onClose,
}: {
  made: PayloadOf<CreateAccessTokenMutation>;
  onClose: () => void;
}) {
  const reveal = useReveal({
    fileName: `${accessToken.name}.env`,
    values: [{ label: 'Access token', name: 'LATCHKEY_ACCESS_TOKEN', value: token, secret: true }],
    what: 'access token',
    notice: 'Shown only now. If it is lost, revoke it and create another.',
    onClose,
  });
  return (
    <Dialog open onClose={reveal.leave} size="wide" title={accessToken.name}>
      {reveal.body}
      {reveal.actions()}
    </Dialog>
  );
}
