import { Sparkles } from 'lucide-react';
import { Link } from 'wouter';
import { useAction } from '../answers.tsx';
import { graphql } from '../gql/index.ts';
import { paths } from '../paths.ts';
import { Button } from '../ui/Button.tsx';
import { CodeBlock } from '../ui/Code.tsx';
import { Empty } from '../ui/Empty.tsx';
import { formatCount } from '../ui/numbers.ts';
import { showToast } from '../ui/Toast.tsx';
import { ProblemNotice } from './ProblemNotice.tsx';
import { curlSnippet } from './snippets.ts';

const AddSampleData = graphql(`
  mutation AddSampleData($input: AddSampleDataInput!) {
    addSampleData(input: $input) {
      __typename
      ... on AddSampleDataPayload { sessions environment { id } }
      ...Problem_UserError
    }
  }
`);

/** Stands in place of numbers where no session was ever started. */
export function NoAnalytics({
  projectId,
  environment: { id, kind, publishableValue, canAdd },
}: {
  projectId: string;
  environment: { id: string; kind: string; publishableValue: string | null; canAdd: boolean };
}) {
  const { run, busy, problem } = useAction(AddSampleData);
  const isDevelopment = kind === 'DEVELOPMENT';

  async function add() {
    const done = await run({ input: { environmentId: id } });
    if (done) showToast(`${formatCount(done.sessions)} sample sessions were added.`);
  }

  return (
    <Empty
      title="No session was started here yet"
      action={
        isDevelopment &&
        canAdd && (
          <Button look="primary" icon={<Sparkles aria-hidden="true" />} busy={busy} onClick={add}>
            Add sample data
          </Button>
        )
      }
    >
      {isDevelopment ? (
        <p>
          Numbers appear with the first session.{' '}
          {canAdd
            ? 'To see what they will look like, add sessions that never were: to this environment only, and only while it is empty.'
            : 'To see what they will look like, ask somebody with the role Developer or higher to add sample data here.'}
        </p>
      ) : (
        <p>
          Numbers appear with the first session, which a server starts with its{' '}
          <Link href={paths.keys(projectId, { environment: id })}>secret key</Link>. Switch to
          Development to try things out with sample data.
        </p>
      )}
      {isDevelopment && publishableValue && (
        <CodeBlock label="the command" text={curlSnippet(location.origin, publishableValue)} />
      )}
      <ProblemNotice problem={problem} />
    </Empty>
  );
}
