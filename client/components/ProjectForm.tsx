import type { FormEvent } from 'react';
import { issueOf, useAction } from '../answers.tsx';
import type { UpdateProjectInput } from '../gql/graphql.ts';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Button } from '../ui/Button.tsx';
import { TextField } from '../ui/Field.tsx';
import { CardActions, CardRow, Section } from '../ui/Section.tsx';
import { Switch } from '../ui/Switch.tsx';
import { showToast } from '../ui/Toast.tsx';
import { ChangeProblem } from './ChangeProblem.tsx';
import styles from './ProjectForm.module.css';
import { useSettingsForm } from './use-settings-form.ts';
import { WebhookUrlField } from './WebhookUrlField.tsx';

const ProjectForm_Project = graphql(`
  fragment ProjectForm_Project on Project {
    id
    name
    active
    publicAccess
    requireUserCode
    sessionLifetimeSeconds
    webhookUrl
    version
    viewerCanUpdate
    defaultEnvironment { id name }
  }
`);

const UpdateProject = graphql(`
  mutation UpdateProject($input: UpdateProjectInput!) {
    updateProject(input: $input) {
      __typename
      ... on UpdateProjectPayload { project { id ...ProjectForm_Project } }
      ...Problem_UserError
    }
  }
`);

/**
 * The settings of a project. They are saved together, on the version that was read: if somebody else
 * saved meanwhile, nothing is overwritten.
 */
export function ProjectForm(props: { project: FragmentType<typeof ProjectForm_Project> }) {
  const project = readFragment(ProjectForm_Project, props.project);
  const form = useSettingsForm<typeof project, UpdateProjectInput>(project);
  const { begun, draft, isTouched, change } = form;
  const { run, busy, problem, clear } = useAction(UpdateProject);
  const fields = ['name', 'sessionLifetimeSeconds', 'webhookUrl'];
  const disabled = !project.viewerCanUpdate;
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
      <Section card title="General">
        <CardRow>
          <TextField
            label="Name"
            hint="People who confirm a session see it."
            className={styles.name}
            disabled={disabled}
            value={value.name ?? ''}
            error={issueOf(problem, 'name')}
            onChange={(event) => change({ name: event.target.value })}
          />
        </CardRow>
        <CardRow>
          <Switch
            label="Active"
            hint="Off: refuses every new session at once, on every path. Confirming, cancelling and exchanging sessions that already exist goes on."
            checked={value.active ?? false}
            disabled={disabled}
            onChange={(active) => change({ active })}
          />
        </CardRow>
        <CardRow>
          <Switch
            label="Public access"
            hint="Anyone who knows the project id can start sessions. Only for public, low-risk flows. Off: in production only a secret key can."
            checked={value.publicAccess ?? false}
            disabled={disabled}
            onChange={(publicAccess) => change({ publicAccess })}
          />
        </CardRow>
        <CardRow>
          <Switch
            label="Require user code"
            hint="Who confirms types the code that the waiting device shows, which defends against forwarded links. The fifth wrong try cancels the session. Off: they compare it."
            checked={value.requireUserCode ?? false}
            disabled={disabled}
            onChange={(requireUserCode) => change({ requireUserCode })}
          />
        </CardRow>
        <CardRow>
          <TextField
            label="Session lifetime in seconds"
            hint="How long a session waits to be confirmed: 60 to 3600, 600 by default."
            className={styles.number}
            type="number"
            inputMode="numeric"
            min={60}
            max={3600}
            disabled={disabled}
            value={value.sessionLifetimeSeconds ?? ''}
            error={issueOf(problem, 'sessionLifetimeSeconds')}
            onChange={(event) => change({ sessionLifetimeSeconds: event.target.valueAsNumber })}
          />
        </CardRow>
        <CardRow>
          <WebhookUrlField
            project={begun}
            value={value.webhookUrl ?? null}
            disabled={disabled}
            error={issueOf(problem, 'webhookUrl')}
            onChange={(webhookUrl) => change({ webhookUrl })}
          />
        </CardRow>
        <CardActions>
          <div className={styles.problem}>
            <ChangeProblem
              problem={problem}
              fields={fields}
              of={{ projectId: project.id }}
              onReload={startOver}
            />
            {disabled && (
              <p className={styles.note}>Project settings take the role Admin or higher.</p>
            )}
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
