import { Answer } from '../answers.tsx';
import { ApiKeySections, ApiKeySections_Environment } from '../components/ApiKeySections.tsx';
import { EnvironmentSwitch } from '../components/EnvironmentSwitch.tsx';
import { Refused } from '../components/Failure.tsx';
import { PageHeader } from '../components/PageHeader.tsx';
import { graphql, readFragment } from '../gql/index.ts';
import { useEnvironmentVariables } from '../location.ts';
import { usePagedAnswer } from '../paged-answer.ts';
import { TableSkeleton } from '../ui/Skeleton.tsx';

const Keys = graphql(`
  query Keys(
    $projectId: ID!
    $environmentId: ID!
    $chosen: Boolean!
    $first: Int!
    $after: String
  ) {
    project(id: $projectId) {
      id
      ...EnvironmentSwitch_Project
      current: defaultEnvironment @skip(if: $chosen) { id ...ApiKeySections_Environment }
    }
    environment(id: $environmentId) @include(if: $chosen) {
      id
      ...ApiKeySections_Environment
    }
  }
`);

/** Few have more: then the secrets that end soon are all told of at once. */
const first = 100;

export default function KeysPage() {
  const variables = { ...useEnvironmentVariables(), first, after: null };
  const answer = usePagedAnswer(Keys, variables, ({ project, environment }) => {
    const shown = project?.current ?? environment;
    return shown && readFragment(ApiKeySections_Environment, shown).apiKeys;
  });
  const { data } = answer;
  return (
    <>
      <PageHeader
        title="API keys"
        description="Keys work in this environment only."
        operation={{ query: Keys, variables }}
        actions={data?.project && <EnvironmentSwitch project={data.project} />}
      />
      <Answer of={answer} loading={<TableSkeleton rows={2} />}>
        {({ project, environment }) => {
          const shown = project?.current ?? environment;
          if (!project || !shown) return <Refused />;
          return <ApiKeySections key={shown.id} environment={shown} more={answer.more} />;
        }}
      </Answer>
    </>
  );
}
