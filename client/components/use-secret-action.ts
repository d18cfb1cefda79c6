import type { AnyVariables, TypedDocumentNode } from '@urql/core';
import { type Action, useAction } from '../answers.tsx';
import { useStay } from '../ui/use-stay.ts';

/**
 * One mutation whose answer has a secret that is shown only once. The page cannot be left while it is
 * under way; its dialog does not close while it is `busy`.
 */
export function useSecretAction<Data, Variables extends AnyVariables>(
  mutation: TypedDocumentNode<Data, Variables>,
): Action<Data, Variables> {
  const action = useAction(mutation);
  useStay(action.busy);
  return action;
}
