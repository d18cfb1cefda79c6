import { useParams } from 'wouter';
import { Answer, useAnswer } from '../answers.tsx';
import { DeleteWorkspaceSection } from '../components/DeleteWorkspaceSection.tsx';
import { Refused } from '../components/Failure.tsx';
import { InvitationsSection } from '../components/InvitationsSection.tsx';
import { MembersSection } from '../components/MembersSection.tsx';
import { PageHeader } from '../components/PageHeader.tsx';
import { Sections } from '../components/Sections.tsx';
import { WorkspaceForm } from '../components/WorkspaceForm.tsx';
import { graphql } from '../gql/index.ts';
import { CardSkeleton } from '../ui/Skeleton.tsx';

const WorkspaceSettings = graphql(`
  query WorkspaceSettings($workspaceId: ID!) {
    workspace(id: $workspaceId) {
      id
      ...MembersSection_Workspace
      ...InvitationsSection_Workspace
      ...WorkspaceForm_Workspace
      ...DeleteWorkspaceSection_Workspace
    }
    viewer { user { id } }
  }
`);

export default function WorkspaceSettingsPage() {
  const { workspaceId = '' } = useParams();
  const answer = useAnswer(WorkspaceSettings, { workspaceId });
  return (
    <>
      <PageHeader
        title="Members & settings"
        operation={{ query: WorkspaceSettings, variables: { workspaceId } }}
      />
      <Answer of={answer} loading={<CardSkeleton rows={4} />}>
        {({ workspace, viewer }) => {
          if (!workspace) return <Refused />;
          return (
            <Sections>
              <MembersSection workspace={workspace} viewerId={viewer?.user.id ?? ''} />
              <InvitationsSection workspace={workspace} />
              <WorkspaceForm workspace={workspace} />
              <DeleteWorkspaceSection workspace={workspace} />
            </Sections>
          );
        }}
      </Answer>
    </>
  );
}
