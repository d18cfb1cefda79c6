/** Lists that a page shows by keyset pages, of which one asks for more. */
import { stringifyVariables, type TypedDocumentNode } from '@urql/core';
import { useEffect, useMemo, useState } from 'react';
import { type Client, useClient } from 'urql';
import { type AnswerState, useAnswer } from './answers.tsx';
import { LatchkeyError } from './urql.ts';

interface List {
  readonly edges: readonly { readonly node: { readonly id: string } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null };
}

export interface More {
  hasMore: boolean;
  busy: boolean;
  /** Why what was asked for is not there. */
  error: LatchkeyError | null;
  /** Reads on at the end, or again what could not be read. */
  show: () => void;
}

type PagedVariables = Record<string, unknown> & { after?: string | null };

/**
 * Asks a query, and of its list so many pages as somebody wants to see. They are queries of their own,
 * each from where the one before ends now, so that all of them are right when they are read anew: no row
 * is missing between two because others were added before it.
 *
 * @param variables whose `after` is null; others are another list
 * @param listOf the list in an answer, which is no element of another
 * @returns the first answer, whose list has the rows of all pages
 */
export function usePagedAnswer<Data, Variables extends PagedVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  listOf: (data: Data) => List | null | undefined,
): AnswerState<Data> & { more: More } {
  const client = useClient();
  const answer = useAnswer(query, variables);
  const key = stringifyVariables(variables);
  const [wanted, setWanted] = useState({ key, pages: 0 });
  const [known, setKnown] = useState<Rest & { key: string }>({ key, ...nothing });
  const { data, isCurrent } = answer;
  const first = data && isCurrent ? listOf(data) : null;
  const pages = wanted.key === key ? wanted.pages : 0;
  const cursor = cursorOf(first);
  const rest = known.key === key && pages > 0 && cursor !== null ? known : nothing;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for the variables
  useEffect(() => {
    if (cursor === null || pages === 0) return;
    const of = (answered: Data) => listOf(answered) ?? null;
    return follow(client, { query, variables, listOf: of }, cursor, pages, (found) =>
      setKnown({ key, ...found }),
    );
  }, [client, query, key, cursor, wanted]);

  const last = rest.lists.at(-1) ?? first;
  const hasMore = cursorOf(last) !== null;
  const isShort = rest.lists.length < pages;
  return {
    ...answer,
    data: useMemo(
      () => (data && first && rest.lists.length > 0 ? withRest(data, first, rest.lists) : data),
      [data, first, rest.lists],
    ),
    more: {
      hasMore,
      busy: hasMore && isShort && rest.error === null,
      error: rest.error,
      show() {
        setKnown((before) => ({ ...before, error: null }));
        setWanted({ key, pages: isShort || rest.error ? pages : pages + 1 });
      },
    },
  };
}

interface Rest {
  lists: readonly List[];
  error: LatchkeyError | null;
}

const nothing: Rest = { lists: [], error: null };

interface Asked<Data, Variables> {
  query: TypedDocumentNode<Data, Variables>;
  variables: Variables;
  listOf: (data: Data) => List | null;
}

/**
 * Reads so many pages behind a cursor, one behind the other, and again whatever of them changes.
 *
 * @returns a function that ends it
 */
function follow<Data, Variables extends PagedVariables>(
  client: Client,
  asked: Asked<Data, Variables>,
  after: string,
  count: number,
  tell: (rest: Rest) => void,
): () => void {
  let list: List | null = null;
  let failed: LatchkeyError | null = null;
  let next: { after: string | null; rest: Rest; stop: () => void } | null = null;

  function tellAll() {
    if (!list || !next) return;
    tell({ lists: [list, ...next.rest.lists], error: failed ?? next.rest.error });
  }

  const page = client.query(
    asked.query,
    { ...asked.variables, after },
    { requestPolicy: 'cache-and-network' },
  );
  const { unsubscribe } = page.subscribe(({ data, error }) => {
    failed = error ? new LatchkeyError(error) : null;
    if (!data) return failed && tell({ lists: [], error: failed });
    list = asked.listOf(data);
    const cursor = count > 1 ? cursorOf(list) : null;
    if (next?.after === cursor) return tellAll();
    next?.stop();
    next = { after: cursor, rest: nothing, stop() {} };
    if (cursor === null) return tellAll();
    next.stop = follow(client, asked, cursor, count - 1, (rest) => {
      if (next) next.rest = rest;
      tellAll();
    });
  });
  return () => {
    next?.stop();
    unsubscribe();
  };
}

function cursorOf(list: List | null | undefined): string | null {
  return list?.pageInfo.hasNextPage ? (list.pageInfo.endCursor ?? null) : null;
}

/** An answer with one list for all pages. While one is read anew the next may have a row of it still. */
function withRest<Data>(data: Data, first: List, rest: readonly List[]): Data {
  const ids = new Set<string>();
  const edges = [first, ...rest]
    .flatMap((list) => list.edges)
    .filter(({ node }) => !ids.has(node.id) && ids.add(node.id));
  const { pageInfo } = rest.at(-1) ?? first;
  return replace(data, first, { ...first, edges, pageInfo }) as Data;
}

/** A copy of an answer, in which something else stands in place of a part. */
function replace(whole: unknown, part: object, by: object): unknown {
  if (whole === part) return by;
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) return whole;
  return Object.fromEntries(
    Object.entries(whole).map(([name, value]) => [name, replace(value, part, by)]),
  );
}
