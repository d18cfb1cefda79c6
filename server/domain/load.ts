import DataLoader from 'dataloader';
import type { Call } from './call.ts';

/**
 * Makes a function that finds single things, and gathers what one request asks for in a turn of the
 * event loop into one statement: a page of entries finds its twenty projects at once.
 *
 * @param batch finds those of the ids that the actor may see, in any order; each row knows its id
 * @param idOf how a row says which id it is for
 */
export function gathered<Row>(
  batch: (call: Call, ids: readonly string[]) => Promise<Row[]>,
  idOf: (row: Row) => string,
): (call: Call, id: string) => Promise<Row | null> {
  const loaders = new WeakMap<Call, DataLoader<string, Row | null>>();
  return (call, id) => {
    let loader = loaders.get(call);
    if (!loader) {
      loader = new DataLoader(
        async (ids) => {
          const rows = new Map(
            (await batch(call, [...new Set(ids)])).map((row) => [idOf(row), row]),
          );
          return ids.map((each) => rows.get(each) ?? null);
          // Nothing is kept: of two mutations in one request, the second must not see the first's past.
        },
        { cache: false },
      );
      loaders.set(call, loader);
    }
    return loader.load(id);
  };
}

/**
 * The same for what has no id: what one request asks in a turn of the event loop is answered together.
 *
 * @param batch answers all of the questions, in their order
 */
export function together<Question, Answer>(
  batch: (call: Call, questions: readonly Question[]) => Promise<Answer[]>,
): (call: Call, question: Question) => Promise<Answer> {
  const loaders = new WeakMap<Call, DataLoader<Question, Answer>>();
  return (call, question) => {
    let loader = loaders.get(call);
    if (!loader) {
      loader = new DataLoader((questions) => batch(call, questions), { cache: false });
      loaders.set(call, loader);
    }
    return loader.load(question);
  };
}
