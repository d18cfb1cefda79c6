import type { Problem } from '../answers.tsx';
import { restOf } from '../answers.tsx';
import { CopyValue } from '../ui/Copy.tsx';
import { Notice } from '../ui/Notice.tsx';

/** Why something was not done, above the buttons that tried. `fields` show their own issues. */
export function ProblemNotice({
  problem,
  fields = [],
}: {
  problem: Problem | null;
  fields?: string[];
}) {
  const text = restOf(problem, ...fields);
  if (!text) return null;
  return (
    <Notice tone="negative" live>
      <p>{text}</p>
      {problem?.requestId && (
        <p>
          Request <CopyValue value={problem.requestId} label="request id" />
        </p>
      )}
    </Notice>
  );
}
