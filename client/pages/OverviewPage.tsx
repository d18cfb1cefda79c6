import { Answer, useAnswer } from '../answers.tsx';
import { EnvironmentOverview } from '../components/EnvironmentOverview.tsx';
import { EnvironmentSwitch } from '../components/EnvironmentSwitch.tsx';
import { Refused } from '../components/Failure.tsx';
import { InactiveNotice } from '../components/InactiveNotice.tsx';
import { PageHeader } from '../components/PageHeader.tsx';
import { graphql } from '../gql/index.ts';
import { useEnvironmentVariables } from '../location.ts';
import { CardSkeleton } from '../ui/Skeleton.tsx';

const Overview = graphql(`
  query Overview($projectId: ID!, $environmentId: ID!, $chosen: Boolean!) {
    project(id: $projectId) {
      id
      name
      ...InactiveNotice_Project
      ...EnvironmentSwitch_Project
      current: defaultEnvironment @skip(if: $chosen) { id ...EnvironmentOverview_Environment }
    }
    environment(id: $environmentId) @include(if: $chosen) {
      id
      ...EnvironmentOverview_Environment
    }
  }
`);

export default function OverviewPage() {
  const variables = useEnvironmentVariables();
  const answer = useAnswer(Overview, variables);
  const { data } = answer;
  return (
    <>
      <PageHeader
        title={data?.project?.name ?? 'Overview'}
        operation={{ query: Overview, variables }}
        actions={data?.project && <EnvironmentSwitch project={data.project} />}
      />
      <Answer of={answer} loading={<CardSkeleton rows={3} />}>
        {({ project, environment }) => {
          const shown = project?.current ?? environment;
          if (!project || !shown) return <Refused />;
          return (
            <>
              <InactiveNotice project={project} />
              <EnvironmentOverview key={shown.id} environment={shown} projectId={project.id} />
            </>
          );
        }}
      </Answer>
    </>
  );
}
