import { Link } from 'wouter';
import { paths } from '../paths.ts';
import { CodeBlock } from '../ui/Code.tsx';
import { Empty } from '../ui/Empty.tsx';
import { curlSnippet } from './snippets.ts';

/** Stands where an environment has no sessions yet: how to start the first. */
export function NoSessions({
  projectId,
  environmentId,
  publishableKey,
  mayStart,
}: {
  projectId: string;
  environmentId: string;
  publishableKey: string | null;
  /** Whether a publishable key starts sessions here. */
  mayStart: boolean;
}) {
  return (
    <Empty title="No session was started here yet">
      {publishableKey && mayStart ? (
        <>
          <p>
            <Link href={paths.tryIt(projectId, { environment: environmentId })}>Try it</Link>{' '}
            without a line of code, or start one from a terminal:
          </p>
          <CodeBlock label="the command" text={curlSnippet(location.origin, publishableKey)} />
        </>
      ) : (
        <p>
          In production a server starts them with its{' '}
          <Link href={paths.keys(projectId, { environment: environmentId })}>secret key</Link>.
          Until then, <Link href={paths.tryIt(projectId)}>try it</Link> in Development.
        </p>
      )}
    </Empty>
  );
}
