import { useState } from 'react';
import { useLocation, useParams } from 'wouter';
import { Answer, useAnswer } from '../answers.tsx';
import { DeleteProjectDialog } from '../components/DeleteProjectDialog.tsx';
import { EnvironmentsSection } from '../components/EnvironmentsSection.tsx';
import { Refused } from '../components/Failure.tsx';
import { PageHeader } from '../components/PageHeader.tsx';
import { ProjectForm } from '../components/ProjectForm.tsx';
import { Sections } from '../components/Sections.tsx';
import { graphql } from '../gql/index.ts';
import { paths } from '../paths.ts';
import { Button } from '../ui/Button.tsx';
import { CopyValue } from '../ui/Copy.tsx';
import { Row } from '../ui/Row.tsx';
import { CardRow, Section } from '../ui/Section.tsx';
import { CardSkeleton } from '../ui/Skeleton.tsx';

const ProjectSettings = graphql(`
  query ProjectSettings($projectId: ID!) {
    project(id: $projectId) {
      id
      name
      viewerCanDelete
      workspace { id }
      ...ProjectForm_Project
      ...EnvironmentsSection_Project
    }
  }
`);

export default function ProjectSettingsPage() {
  const { projectId = '' } = useParams();
  const answer = useAnswer(ProjectSettings, { projectId });
  const [, navigate] = useLocation();
  const [deleting, setDeleting] = useState(false);
  return (
    <>
      <PageHeader
        title="Settings"
        operation={{ query: ProjectSettings, variables: { projectId } }}
      />
      <Answer of={answer} loading={<CardSkeleton rows={4} />}>
        {({ project }) => {
          if (!project) return <Refused />;
          const { id, name, workspace, viewerCanDelete } = project;
          return (
            <Sections>
              <Section card title="Project id">
                <CardRow tight>
                  <Row hint="Names the project in the API, and is the audience of its proofs. It is no secret.">
                    <CopyValue value={id} label="project id" />
                  </Row>
                </CardRow>
              </Section>
              <ProjectForm project={project} />
              <EnvironmentsSection project={project} />
              <Section card title="Delete project">
                <CardRow>
                  <Row
                    hint="Its environments, keys, sessions, logs and analytics go at once and for good."
                    action={
                      <Button
                        look="risky"
                        reason={
                          viewerCanDelete
                            ? null
                            : 'Deleting projects takes the role Admin or higher.'
                        }
                        onClick={() => setDeleting(true)}
                      >
                        Delete project
                      </Button>
                    }
                  />
                </CardRow>
              </Section>
              <DeleteProjectDialog
                project={{ id, name }}
                open={deleting}
                onClose={() => setDeleting(false)}
                onDeleted={() => navigate(paths.projects(workspace.id), { replace: true })}
              />
            </Sections>
          );
        }}
      </Answer>
    </>
  );
}
