import { Link, useParams } from 'wouter';
import { Answer } from '../answers.tsx';
import { Refused } from '../components/Failure.tsx';
import { PageHeader } from '../components/PageHeader.tsx';
import { ShowMore } from '../components/ShowMore.tsx';
import { WorkspaceKeysTable } from '../components/WorkspaceKeysTable.tsx';
import { graphql } from '../gql/index.ts';
import { usePagedAnswer } from '../paged-answer.ts';
import { paths } from '../paths.ts';
import { buttonClass } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import { TableSkeleton } from '../ui/Skeleton.tsx';

const WorkspaceKeys = graphql(`
  query WorkspaceKeys($workspaceId: ID!, $first: Int!, $after: String) {
    workspace(id: $workspaceId) {
      id
      apiKeys(first: $first, after: $after) {
        edges { node { id ...WorkspaceKeysTable_ApiKey } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`);

export default function WorkspaceKeysPage() {
  const { workspaceId = '' } = useParams();
  const variables = { workspaceId, first: 50, after: null };
  const answer = usePagedAnswer(WorkspaceKeys, variables, ({ workspace }) => workspace?.apiKeys);
  return (
    <>
      <PageHeader
        title="API keys"
        description="Of all projects of this workspace. Each works in its own environment only."
        operation={{ query: WorkspaceKeys, variables }}
      />
      <Answer keep of={answer} loading={<TableSkeleton rows={5} />}>
        {({ workspace }) => {
          if (workspace?.id !== workspaceId) return workspace ? <TableSkeleton /> : <Refused />;
          return (
            <>
              <WorkspaceKeysTable
                keys={workspace.apiKeys.edges.map(({ node }) => node)}
                empty={
                  <Empty
                    title="No keys yet"
                    action={
                      <Link href={paths.projects(workspaceId)} className={buttonClass('secondary')}>
                        Go to projects
                      </Link>
                    }
                  >
                    <p>A project comes with a secret key and publishable keys.</p>
                  </Empty>
                }
              />
              <ShowMore more={answer.more} />
            </>
          );
        }}
      </Answer>
    </>
  );
}
