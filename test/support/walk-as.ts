import type { Markers } from './markers.ts';
import type { Operation, SchemaWalk, Selected, Start } from './schema-walk.ts';
import type { GraphQLOptions, Reply } from './server.ts';

/** What somebody saw who sent every operation of a walk. */
export interface Sight {
  /** The labels of what was found in the replies, each with an operation that it was found by. */
  found: Map<string, string>;
  /** The fields that had a value, as `Type.field`. */
  fields: Set<string>;
  /** The codes of all errors, each with an operation that it came of. */
  codes: Map<string, string>;
}

interface Sending {
  server: {
    post(
      query: string,
      variables: object,
      by: GraphQLOptions,
    ): Promise<Pick<Reply, 'json' | 'text'>>;
  };
  walk: SchemaWalk;
  markers: Pick<Markers, 'find'>;
}

interface Fault {
  extensions: { code: string };
  path?: (string | number)[];
}

/** How many operations are under way at a time. */
const lanes = 4;
/** Fields that are refused are left out and the rest is asked for again, as often as this. */
const triesMax = 10;

/** What costs too much together is asked for one after the other, then in halves, and by pages of a fifth. */
function smallerCalls({ calls }: Start): Start['calls'] | null {
  if (calls.length > 1) return calls;
  const call = calls[0]!;
  for (const [name, value] of Object.entries(call)) {
    if (Array.isArray(value) && value.length > 1) {
      const half = Math.ceil(value.length / 2);
      return [value.slice(0, half), value.slice(half)].map((some) => ({ ...call, [name]: some }));
    }
    if (/^(first|last)$/.test(name) && Number(value) > 5) {
      return [{ ...call, [name]: Math.ceil(Number(value) / 5) }];
    }
  }
  return null;
}

/**
 * Sends every operation. Where a field is refused, its whole parent may be missing from the reply: so
 * that refusals hide nothing else, the operation is sent again without the fields that were refused.
 */
export async function walkAs(
  { server, walk, markers }: Sending,
  operations: readonly Operation[],
  by: GraphQLOptions,
): Promise<Sight> {
  const sight: Sight = { found: new Map(), fields: new Set(), codes: new Map() };

  /** @returns the paths of the fields that were refused, below the root */
  async function sendOnce(operation: Operation): Promise<string[][] | 'too much at once'> {
    const { query, variables } = walk.write(operation);
    const { json, text } = await server.post(query, variables, by);
    const isTooMuch = json.errors?.[0].extensions.code === 'QUERY_TOO_COMPLEX';
    if (isTooMuch && smallerCalls(operation.start)) return 'too much at once';
    for (const label of markers.find(text)) {
      if (!sight.found.has(label)) sight.found.set(label, query);
    }
    for (const value of Object.values(json.data ?? {})) {
      if (hasValue(value)) sight.fields.add(`Query.${operation.start.field}`);
      noteFields(operation.selected, value, sight.fields);
    }
    return (json.errors ?? []).map(({ extensions: { code }, path = [] }: Fault) => {
      if (!sight.codes.has(code)) sight.codes.set(code, `${query}\n${text}`);
      return path.slice(1).filter((part) => typeof part === 'string');
    });
  }

  async function send(operation: Operation): Promise<void> {
    let { selected } = operation;
    for (let tries = 0; tries < triesMax && selected.length > 0; tries += 1) {
      const refused = await sendOnce({ ...operation, selected });
      if (refused === 'too much at once') return sendEach({ ...operation, selected });
      // Nothing was, or all was.
      if (refused.every((path) => path.length === 0)) return;
      for (const path of refused) selected = without(selected, path);
    }
    if (selected.length > 0) throw new Error('Some field is refused that cannot be left out.');
  }

  async function sendEach({ start, ...operation }: Operation): Promise<void> {
    for (const call of smallerCalls(start)!) {
      await send({ ...operation, start: { ...start, calls: [call] } });
    }
  }

  const left = [...operations];
  const lane = async () => {
    for (let next = left.pop(); next; next = left.pop()) await send(next);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return sight;
}

function hasValue(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasValue);
  return value !== null && value !== undefined;
}

function noteFields(selected: readonly Selected[], value: unknown, fields: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) noteFields(selected, item, fields);
  } else if (typeof value === 'object' && value !== null) {
    for (const { type, field, of } of selected) {
      const inside = (value as Record<string, unknown>)[field];
      if (hasValue(inside)) fields.add(`${type}.${field}`);
      if (of.length > 0) noteFields(of, inside, fields);
    }
  }
}

/** The same without the field at this path, and without what is then empty. */
function without(selected: readonly Selected[], [name, ...rest]: string[]): Selected[] {
  return selected.flatMap((each) => {
    if (each.field !== name) return [each];
    if (rest.length === 0) return [];
    const of = without(each.of, rest);
    return of.length > 0 ? [{ ...each, of }] : [];
  });
}
