import { Answer, useAnswer } from '../answers.tsx';
import { EnvironmentSwitch } from '../components/EnvironmentSwitch.tsx';
import { Refused } from '../components/Failure.tsx';
import { PageHeader } from '../components/PageHeader.tsx';
import { WebhookEndpoints } from '../components/WebhookEndpoints.tsx';
import { graphql } from '../gql/index.ts';
import { useEnvironmentVariables } from '../location.ts';
import { TableSkeleton } from '../ui/Skeleton.tsx';

const Webhooks = graphql(`
  query Webhooks($projectId: ID!, $environmentId: ID!, $chosen: Boolean!) {
    project(id: $projectId) {
      id
      ...EnvironmentSwitch_Project
      current: defaultEnvironment @skip(if: $chosen) { id ...WebhookEndpoints_Environment }
    }
    environment(id: $environmentId) @include(if: $chosen) {
      id
      ...WebhookEndpoints_Environment
    }
  }
`);

export default function WebhooksPage() {
  const variables = useEnvironmentVariables();
  const answer = useAnswer(Webhooks, variables);
  const { data } = answer;
  return (
    <>
      <PageHeader
        title="Webhooks"
        description="Your servers are told what happens in this environment, by signed HTTPS requests."
        operation={{ query: Webhooks, variables }}
        actions={data?.project && <EnvironmentSwitch project={data.project} />}
      />
      <Answer of={answer} loading={<TableSkeleton rows={2} />}>
        {({ project, environment }) => {
          const shown = project?.current ?? environment;
          if (!project || !shown) return <Refused />;
          return <WebhookEndpoints key={shown.id} environment={shown} projectId={project.id} />;
        }}
      </Answer>
    </>
  );
}
