import { Answer, useAnswer } from '../answers.tsx';
import { AnalyticsControls } from '../components/AnalyticsControls.tsx';
import { AnalyticsReport, AnalyticsReport_Analytics } from '../components/AnalyticsReport.tsx';
import { useAnalyticsRange } from '../components/analytics-range.ts';
import { useSessionChanges } from '../components/counts-changes.ts';
import { EnvironmentSwitch } from '../components/EnvironmentSwitch.tsx';
import { Refused } from '../components/Failure.tsx';
import { InactiveNotice } from '../components/InactiveNotice.tsx';
import { LiveMark } from '../components/LiveMark.tsx';
import { NoAnalytics } from '../components/NoAnalytics.tsx';
import { PageHeader } from '../components/PageHeader.tsx';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { useEnvironmentVariables } from '../location.ts';
import { CardSkeleton } from '../ui/Skeleton.tsx';

const AnalyticsPage_Environment = graphql(`
  fragment AnalyticsPage_Environment on Environment {
    id
    kind
    viewerCanUpdate
    primaryKey(type: PUBLISHABLE) { id publishableValue }
    sessionCounts { id lifetime { started } }
    analytics(range: $range) { ...AnalyticsReport_Analytics }
  }
`);

const ProjectAnalytics = graphql(`
  query ProjectAnalytics(
    $projectId: ID!
    $environmentId: ID!
    $chosen: Boolean!
    $range: AnalyticsRange!
  ) {
    project(id: $projectId) {
      id
      ...InactiveNotice_Project
      ...EnvironmentSwitch_Project
      current: defaultEnvironment @skip(if: $chosen) { id ...AnalyticsPage_Environment }
    }
    environment(id: $environmentId) @include(if: $chosen) {
      id
      ...AnalyticsPage_Environment
    }
  }
`);

export default function AnalyticsPage() {
  const chosen = useAnalyticsRange();
  const variables = { ...useEnvironmentVariables(), range: chosen.range };
  const answer = useAnswer(ProjectAnalytics, variables);
  const { data } = answer;
  const shown = readFragment(
    AnalyticsPage_Environment,
    data?.project?.current ?? data?.environment,
  );
  return (
    <>
      <PageHeader
        title="Analytics"
        operation={{ query: ProjectAnalytics, variables }}
        actions={data?.project && <EnvironmentSwitch project={data.project} />}
      />
      <AnalyticsControls
        chosen={chosen}
        shown={shown ? readFragment(AnalyticsReport_Analytics, shown.analytics) : null}
      />
      <Answer keep of={answer} loading={<CardSkeleton rows={5} />}>
        {({ project, environment }) => {
          const current = project?.current ?? environment;
          if (!project || !current) return <Refused />;
          return (
            <>
              <InactiveNotice project={project} />
              <EnvironmentAnalytics
                key={current.id}
                projectId={project.id}
                environment={current}
                onChange={answer.retry}
              />
            </>
          );
        }}
      </Answer>
    </>
  );
}

function EnvironmentAnalytics({
  projectId,
  onChange,
  ...props
}: {
  projectId: string;
  environment: FragmentType<typeof AnalyticsPage_Environment>;
  onChange: () => void;
}) {
  const { id, kind, viewerCanUpdate, primaryKey, sessionCounts, analytics } = readFragment(
    AnalyticsPage_Environment,
    props.environment,
  );
  useSessionChanges({ projectId, environmentId: id }, onChange);
  if (sessionCounts.lifetime.started === 0) {
    const publishableValue = primaryKey?.publishableValue ?? null;
    return (
      <NoAnalytics
        projectId={projectId}
        environment={{ id, kind, publishableValue, canAdd: viewerCanUpdate }}
      />
    );
  }
  return <AnalyticsReport analytics={analytics} mark={<LiveMark />} />;
}
