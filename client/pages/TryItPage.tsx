import { useParams } from 'wouter';
import { Answer, useAnswer } from '../answers.tsx';
import { Refused } from '../components/Failure.tsx';
import { InactiveNotice } from '../components/InactiveNotice.tsx';
import { PageHeader } from '../components/PageHeader.tsx';
import { TryIt } from '../components/TryIt.tsx';
import { graphql } from '../gql/index.ts';
import { useEnvironmentId } from '../location.ts';
import { Empty } from '../ui/Empty.tsx';
import { CardSkeleton } from '../ui/Skeleton.tsx';

const LookAtTryIt = graphql(`
  query LookAtTryIt($projectId: ID!) {
    project(id: $projectId) {
      id
      name
      ...InactiveNotice_Project
      environments { id name kind ...TryIt_Environment }
    }
  }
`);

/** A first sign-in, without a line of code: never in production, whatever was looked at before. */
export default function TryItPage() {
  const { projectId = '' } = useParams();
  const answer = useAnswer(LookAtTryIt, { projectId });
  const chosen = useEnvironmentId();
  const environments = answer.data?.project?.environments ?? [];
  const possible = environments.filter(({ kind }) => kind !== 'PRODUCTION');
  const environment =
    possible.find(({ id }) => id === chosen) ??
    possible.find(({ kind }) => kind === 'DEVELOPMENT') ??
    possible[0];
  return (
    <>
      <PageHeader
        title="Try it"
        description={
          environment && `A sign-in from both sides, in ${environment.name}. No code, no key.`
        }
        operation={{ query: LookAtTryIt, variables: { projectId } }}
      />
      <Answer of={answer} loading={<CardSkeleton rows={4} />}>
        {({ project }) => {
          if (!project) return <Refused />;
          if (!environment) {
            return (
              <Empty title="There is only production here">
                <p>Create an environment for development in the settings, and try it there.</p>
              </Empty>
            );
          }
          return (
            <>
              <InactiveNotice project={project} />
              <TryIt key={environment.id} project={project} environment={environment} />
            </>
          );
        }}
      </Answer>
    </>
  );
}
