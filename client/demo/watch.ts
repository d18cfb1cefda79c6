import { setTimeout as sleep } from 'node:timers/promises';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import type { AnyVariables } from '@urql/core';
import { type LatchkeyClient, LatchkeyError } from '../urql.ts';
import { UnexpectedAnswerError } from './story.ts';

/** A subscription whose news can be waited for. All waiting throws where nothing comes in time. */
export interface Watch<Data> {
  /** @param listener hears of what comes from now on; the last one only */
  listen(listener: (data: Data) => void): void;
  /** The first of the news, told already or to come, of which `test` holds. */
  until(what: string, test: (data: Data) => boolean): Promise<Data>;
  /** That it has ended with an error, and how. */
  untilRefused(): Promise<LatchkeyError>;
}

export function watch<Data, Variables extends AnyVariables>(
  client: LatchkeyClient,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Watch<Data> {
  const news: Data[] = [];
  let error: LatchkeyError | null = null;
  let tell = (_data: Data) => {};
  client.subscription(document, variables).subscribe((result) => {
    if (result.error) error = new LatchkeyError(result.error);
    else if (result.data) {
      news.push(result.data);
      tell(result.data);
    }
  });
  return {
    listen(listener) {
      tell = listener;
    },
    async until(what, test) {
      await waitFor(what, () => error !== null || news.some(test));
      const found = news.find(test);
      if (found === undefined) throw error;
      return found;
    },
    async untilRefused() {
      await waitFor('The end of the subscription', () => error !== null);
      return error!;
    },
  };
}

const patienceMs = 10_000;
const lookEveryMs = 5;

/** @throws {UnexpectedAnswerError} it did not come in time */
export async function waitFor(what: string, hasCome: () => boolean): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!hasCome()) {
    if (performance.now() > end) {
      throw new UnexpectedAnswerError(`${what} did not come within ${patienceMs / 1000} seconds.`);
    }
    await sleep(lookEveryMs);
  }
}
