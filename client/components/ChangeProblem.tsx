import { type Problem, useAnswer } from '../answers.tsx';
import { graphql } from '../gql/index.ts';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';
import { Time } from '../ui/Time.tsx';
import { ProblemNotice } from './ProblemNotice.tsx';

const LookWhoChangedWorkspace = graphql(`
  query LookWhoChangedWorkspace($id: ID!, $filter: LogFilter!) {
    workspace(id: $id) {
      id
      logs(first: 1, filter: $filter) { edges { node { id at actor { kind label } } } }
    }
  }
`);

const LookWhoChangedProject = graphql(`
  query LookWhoChangedProject($id: ID!, $filter: LogFilter!) {
    project(id: $id) {
      id
      logs(first: 1, filter: $filter) { edges { node { id at actor { kind label } } } }
    }
  }
`);

const LookWhoChangedEnvironment = graphql(`
  query LookWhoChangedEnvironment($id: ID!, $filter: LogFilter!) {
    environment(id: $id) {
      id
      logs(first: 1, filter: $filter) { edges { node { id at actor { kind label } } } }
    }
  }
`);

type Subject =
  | { workspaceId: string }
  | { projectId: string }
  | { environmentId: string; apiKeyId?: string; webhookEndpointId?: string };

const keyChanges = [
  'key.updated',
  'key.activated',
  'key.deactivated',
  'key.regenerated',
  'key.rotation_finished',
];

const webhookChanges = [
  'webhook.updated',
  'webhook.activated',
  'webhook.deactivated',
  'webhook.regenerated',
  'webhook.disabled',
];

/**
 * Why something was not changed. If somebody else was first it says who and when, as the log knows it;
 * nothing is overwritten until the person has seen what there is now.
 */
export function ChangeProblem({
  problem,
  fields,
  of,
  undone = 'Your changes are not saved.',
  onReload,
}: {
  problem: Problem | null;
  /** They show their own issues. */
  fields?: string[];
  of: Subject;
  /** What a conflict leaves as it was. */
  undone?: string;
  onReload: () => void;
}) {
  if (problem?.code === 'CONFLICT') return <ConflictNotice {...{ of, undone, onReload }} />;
  return <ProblemNotice problem={problem} fields={fields} />;
}

function ConflictNotice({
  of,
  undone,
  onReload,
}: {
  of: Subject;
  undone: string;
  onReload: () => void;
}) {
  const change = useLastChange(of);
  return (
    <Notice
      tone="caution"
      live
      actions={
        <Button size="small" onClick={onReload}>
          Reload
        </Button>
      }
    >
      {change ? (
        <>
          {change.actor.label} changed this <Time at={change.at} />.
        </>
      ) : (
        'Somebody changed this since you opened it.'
      )}{' '}
      {undone} Reload to see it as it is now.
    </Notice>
  );
}

/** The newest entry of the log that changed it. */
function useLastChange(of: Subject) {
  const workspaceId = 'workspaceId' in of ? of.workspaceId : null;
  const projectId = 'projectId' in of ? of.projectId : null;
  const environmentId = 'environmentId' in of ? of.environmentId : null;
  const apiKeyId = ('apiKeyId' in of && of.apiKeyId) || null;
  const workspace = useAnswer(
    LookWhoChangedWorkspace,
    { id: workspaceId ?? '', filter: { types: ['workspace.updated'] } },
    { pause: workspaceId === null },
  );
  const project = useAnswer(
    LookWhoChangedProject,
    { id: projectId ?? '', filter: { types: ['project.updated'] } },
    { pause: projectId === null },
  );
  const endpointId = ('webhookEndpointId' in of && of.webhookEndpointId) || null;
  const filter = endpointId
    ? { types: webhookChanges, search: endpointId } // which the entry has in its data
    : { types: apiKeyId ? keyChanges : ['environment.updated'], apiKeyId };
  const environment = useAnswer(
    LookWhoChangedEnvironment,
    { id: environmentId ?? '', filter },
    { pause: environmentId === null },
  );
  const scope = workspace.data?.workspace ?? project.data?.project ?? environment.data?.environment;
  return scope?.logs.edges[0]?.node ?? null;
}
