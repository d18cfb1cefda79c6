import { Redirect } from 'wouter';
import { Answer, useAnswer } from '../answers.tsx';
import { PageHeader } from '../components/PageHeader.tsx';
import { graphql } from '../gql/index.ts';
import { paths } from '../paths.ts';
import { Empty } from '../ui/Empty.tsx';

const GoHome = graphql(`
  query GoHome { viewer { memberships { user { id } workspace { id } } } }
`);

/** Leads to the projects of the workspace that one joined first. */
export default function HomePage() {
  const answer = useAnswer(GoHome, {});
  return (
    <Answer of={answer} loading={null}>
      {({ viewer }) => {
        const [first] = viewer?.memberships ?? [];
        if (first) return <Redirect to={paths.projects(first.workspace.id)} replace />;
        return (
          <>
            <PageHeader title="Welcome" />
            <Empty title="You are in no workspace">
              <p>
                Create one from the menu at the top left, or ask somebody to invite you to theirs.
              </p>
            </Empty>
          </>
        );
      }}
    </Answer>
  );
}
