import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useParams } from 'wouter';
import { Answer } from '../answers.tsx';
import { CreateProjectDialog } from '../components/CreateProjectDialog.tsx';
import { Refused } from '../components/Failure.tsx';
import { PageHeader } from '../components/PageHeader.tsx';
import { ProjectsTable } from '../components/ProjectsTable.tsx';
import { SearchField } from '../components/SearchField.tsx';
import { ShowMore } from '../components/ShowMore.tsx';
import { graphql } from '../gql/index.ts';
import { useSearchState } from '../location.ts';
import { usePagedAnswer } from '../paged-answer.ts';
import { Button } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import { TableSkeleton } from '../ui/Skeleton.tsx';

const Projects = graphql(`
  query Projects($workspaceId: ID!, $first: Int!, $after: String, $search: String) {
    workspace(id: $workspaceId) {
      id
      name
      viewerCanCreateProjects
      projects(first: $first, after: $after, search: $search) {
        edges { node { id ...ProjectsTable_Project } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`);

export default function ProjectsPage() {
  const { workspaceId = '' } = useParams();
  const [search, setSearch] = useSearchState('search');
  const variables = { workspaceId, first: 50, after: null, search: search || null };
  const answer = usePagedAnswer(Projects, variables, ({ workspace }) => workspace?.projects);
  const [creating, setCreating] = useState(false);
  const workspace = answer.data?.workspace;

  const create = (
    <Button
      look="primary"
      icon={<Plus aria-hidden="true" />}
      data-shortcut="c"
      disabled={!workspace}
      reason={
        workspace?.viewerCanCreateProjects === false
          ? 'Creating projects takes the role Admin or higher.'
          : null
      }
      onClick={() => setCreating(true)}
    >
      Create project
    </Button>
  );

  return (
    <>
      <PageHeader
        title="Projects"
        description="One project for each application that signs people in."
        operation={{ query: Projects, variables }}
        actions={create}
      />
      <Answer keep of={answer} loading={<TableSkeleton />}>
        {({ workspace }) => {
          if (workspace?.id !== workspaceId) return workspace ? <TableSkeleton /> : <Refused />;
          const { edges } = workspace.projects;
          const isFirstUse = edges.length === 0 && search === '';
          return (
            <>
              {!isFirstUse && (
                <SearchField label="Search projects by name" value={search} onChange={setSearch} />
              )}
              <ProjectsTable
                projects={edges.map(({ node }) => node)}
                empty={
                  isFirstUse ? (
                    <Empty title="No projects yet">
                      <p>
                        A project comes with a Production and a Development environment, keys for
                        both, and everything to try a sign-in at once.
                      </p>
                    </Empty>
                  ) : (
                    <Empty
                      title={`No project matches “${search}”`}
                      action={<Button onClick={() => setSearch('')}>Show all</Button>}
                    />
                  )
                }
              />
              <ShowMore more={answer.more} />
            </>
          );
        }}
      </Answer>
      <CreateProjectDialog
        open={creating}
        workspaceId={workspaceId}
        onClose={() => setCreating(false)}
      />
    </>
  );
}
