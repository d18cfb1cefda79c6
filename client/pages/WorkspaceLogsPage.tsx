import { Link, useParams } from 'wouter';
import { Answer, useAnswer } from '../answers.tsx';
import { ActivityPage } from '../components/ActivityPage.tsx';
import { useActivityFilter } from '../components/activity-filter.ts';
import { ExportMenu } from '../components/ExportMenu.tsx';
import { Refused } from '../components/Failure.tsx';
import { PageHeader } from '../components/PageHeader.tsx';
import { graphql } from '../gql/index.ts';
import { paths } from '../paths.ts';
import { buttonClass } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import { TableSkeleton } from '../ui/Skeleton.tsx';

const WorkspaceLogs = graphql(`
  query WorkspaceLogs($workspaceId: ID!) {
    workspace(id: $workspaceId) {
      id
      projects(first: 100) { edges { node { id name } } }
      apiKeys(first: 100) { edges { node { id name project { id name } } } }
    }
  }
`);

export default function WorkspaceLogsPage() {
  const { workspaceId = '' } = useParams();
  const variables = { workspaceId };
  const answer = useAnswer(WorkspaceLogs, variables);
  const filter = useActivityFilter();
  const isEvents = filter.tab === 'events';
  return (
    <>
      <PageHeader
        title="Logs"
        description="Of all projects and environments of this workspace."
        operation={{ query: WorkspaceLogs, variables }}
        actions={
          <ExportMenu
            what={isEvents ? 'logs' : 'sessions'}
            place={{ workspaceId }}
            filter={isEvents ? filter.logs : filter.sessions}
          />
        }
      />
      <Answer of={answer} loading={<TableSkeleton rows={8} />}>
        {({ workspace }) => {
          if (!workspace) return <Refused />;
          return (
            <ActivityPage
              key={workspace.id}
              scopeId={workspace.id}
              watched={null}
              filter={filter}
              keys={workspace.apiKeys.edges.map(({ node: { id, name, project } }) => ({
                id,
                name: `${name} (${project.name})`,
              }))}
              projects={workspace.projects.edges.map(({ node }) => node)}
              firstUse={
                <Empty
                  title="Nothing happened in this workspace yet"
                  action={
                    <Link href={paths.projects(workspaceId)} className={buttonClass('secondary')}>
                      Go to projects
                    </Link>
                  }
                >
                  <p>The overview of a project has a command that starts a first session.</p>
                </Empty>
              }
            />
          );
        }}
      </Answer>
    </>
  );
}
