import type { AnyVariables, TypedDocumentNode } from '@urql/core';
import { restOf, useAction } from '../answers.tsx';
import { showToast } from '../ui/Toast.tsx';

/**
 * One mutation that has no place of its own to say what came of it: a toast says so, in the words of the
 * server if it was refused.
 */
export function useToldAction<Data, Variables extends AnyVariables>(
  mutation: TypedDocumentNode<Data, Variables>,
) {
  const { attempt, busy } = useAction(mutation);
  return {
    busy,
    /** @param words what to say once it is done */
    async run(variables: Variables, words: string): Promise<void> {
      const { problem } = await attempt(variables);
      if (problem) showToast(`Not done: ${restOf(problem)}`, problem);
      else showToast(words);
    },
  };
}
