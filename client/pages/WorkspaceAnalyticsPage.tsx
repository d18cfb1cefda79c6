import { Link, useParams } from 'wouter';
import { Answer, useAnswer } from '../answers.tsx';
import { AnalyticsControls } from '../components/AnalyticsControls.tsx';
import { AnalyticsReport, AnalyticsReport_Analytics } from '../components/AnalyticsReport.tsx';
import { useAnalyticsRange } from '../components/analytics-range.ts';
import { useSessionChanges } from '../components/counts-changes.ts';
import { Refused } from '../components/Failure.tsx';
import { PageHeader } from '../components/PageHeader.tsx';
import { graphql, readFragment } from '../gql/index.ts';
import { paths } from '../paths.ts';
import { buttonClass } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import { CardSkeleton } from '../ui/Skeleton.tsx';

const WorkspaceAnalytics = graphql(`
  query WorkspaceAnalytics($workspaceId: ID!, $range: AnalyticsRange!) {
    workspace(id: $workspaceId) {
      id
      sessionCounts { id lifetime { started } }
      analytics(range: $range) { ...AnalyticsReport_Analytics }
    }
  }
`);

export default function WorkspaceAnalyticsPage() {
  const { workspaceId = '' } = useParams();
  const chosen = useAnalyticsRange();
  const variables = { workspaceId, range: chosen.range };
  const answer = useAnswer(WorkspaceAnalytics, variables);
  const shown = answer.data?.workspace?.analytics;
  useSessionChanges(null, answer.retry);
  return (
    <>
      <PageHeader
        title="Analytics"
        description="Of all projects and environments of this workspace."
        operation={{ query: WorkspaceAnalytics, variables }}
      />
      <AnalyticsControls
        chosen={chosen}
        shown={shown ? readFragment(AnalyticsReport_Analytics, shown) : null}
      />
      <Answer keep of={answer} loading={<CardSkeleton rows={5} />}>
        {({ workspace }) => {
          if (workspace?.id !== workspaceId) return workspace ? <CardSkeleton /> : <Refused />;
          if (workspace.sessionCounts.lifetime.started === 0) {
            return (
              <Empty
                title="No session was started in this workspace yet"
                action={
                  <Link href={paths.projects(workspaceId)} className={buttonClass('secondary')}>
                    Go to projects
                  </Link>
                }
              >
                <p>The analytics of a Development environment can show you sample data.</p>
              </Empty>
            );
          }
          return <AnalyticsReport analytics={workspace.analytics} mark={null} />;
        }}
      </Answer>
    </>
  );
}
