import type { FormEvent } from 'react';
import { issueOf, useAction } from '../answers.tsx';
import type { UpdateWorkspaceInput } from '../gql/graphql.ts';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Button } from '../ui/Button.tsx';
import { TextField } from '../ui/Field.tsx';
import { CardActions, CardRow, Section } from '../ui/Section.tsx';
import { showToast } from '../ui/Toast.tsx';
import { ChangeProblem } from './ChangeProblem.tsx';
import styles from './ProjectForm.module.css';
import { useSettingsForm } from './use-settings-form.ts';

const WorkspaceForm_Workspace = graphql(`
  fragment WorkspaceForm_Workspace on Workspace {
    id
    name
    version
    logRetentionDays
    sessionRetentionDays
    viewerCanUpdate
  }
`);

const UpdateWorkspace = graphql(`
  mutation UpdateWorkspace($input: UpdateWorkspaceInput!) {
    updateWorkspace(input: $input) {
      __typename
      ... on UpdateWorkspacePayload { workspace { id ...WorkspaceForm_Workspace } }
      ...Problem_UserError
    }
  }
`);

/** The settings of a workspace, saved on the version that was read. */
export function WorkspaceForm(props: { workspace: FragmentType<typeof WorkspaceForm_Workspace> }) {
  const workspace = readFragment(WorkspaceForm_Workspace, props.workspace);
  const form = useSettingsForm<typeof workspace, UpdateWorkspaceInput>(workspace);
  const { begun, draft, isTouched, change } = form;
  const { run, busy, problem, clear } = useAction(UpdateWorkspace);
  const fields = ['name', 'logRetentionDays', 'sessionRetentionDays'];
  const disabled = !workspace.viewerCanUpdate;
  const value = { ...begun, ...draft };

  function startOver() {
    form.startOver();
    clear();
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!(await run({ input: { id: begun.id, version: begun.version, ...draft } }))) return;
    form.startOver();
    showToast('Settings saved.');
  }

  return (
    <form onSubmit={submit}>
      <Section card title="Workspace">
        <CardRow>
          <TextField
            label="Name"
            className={styles.name}
            disabled={disabled}
            value={value.name ?? ''}
            error={issueOf(problem, 'name')}
            onChange={(event) => change({ name: event.target.value })}
          />
        </CardRow>
        <CardRow>
          <TextField
            label="Keep logs for, in days"
            hint="Older entries are removed for good. Counts stay."
            className={styles.number}
            type="number"
            min={1}
            disabled={disabled}
            value={value.logRetentionDays ?? ''}
            error={issueOf(problem, 'logRetentionDays')}
            onChange={({ target }) => change({ logRetentionDays: target.valueAsNumber })}
          />
        </CardRow>
        <CardRow>
          <TextField
            label="Keep sessions for, in days"
            hint="Older sessions are removed for good. Analytics and lifetime counts stay."
            className={styles.number}
            type="number"
            min={1}
            disabled={disabled}
            value={value.sessionRetentionDays ?? ''}
            error={issueOf(problem, 'sessionRetentionDays')}
            onChange={({ target }) => change({ sessionRetentionDays: target.valueAsNumber })}
          />
        </CardRow>
        <CardActions>
          <div className={styles.problem}>
            <ChangeProblem
              problem={problem}
              fields={fields}
              of={{ workspaceId: workspace.id }}
              onReload={startOver}
            />
            {disabled && <p className={styles.note}>Workspace settings take the role Owner.</p>}
          </div>
          {isTouched && <Button onClick={startOver}>Discard</Button>}
          <Button type="submit" look="primary" busy={busy} disabled={!isTouched}>
            Save
          </Button>
        </CardActions>
      </Section>
    </form>
  );
}
