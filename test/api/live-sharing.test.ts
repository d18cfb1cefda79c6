import { GraphQLInt, GraphQLObjectType, GraphQLSchema } from 'graphql';
import { expect, test } from 'vitest';
import { type LiveListener, LiveSource } from '../../server/domain/live/source.ts';
import { startTestServer } from '../support/server.ts';
import { openSocket, openStream, type Subscription } from '../support/socket.ts';

/** A number that is told to many, and how often it was resolved. */
let resolved = 0;
const listeners = new Set<LiveListener<{ number: number }>>();
const source = (key: string | null) =>
  new LiveSource<{ number: number }>(key, (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  });
const field = (key: string | null) => ({
  type: GraphQLInt,
  args: { plus: { type: GraphQLInt } },
  subscribe: () => source(key),
  resolve: ({ number }: { number: number }, { plus }: { plus?: number }) => {
    resolved += 1;
    return number + (plus ?? 0);
  },
});
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({ name: 'Query', fields: { nothing: { type: GraphQLInt } } }),
  subscription: new GraphQLObjectType({
    name: 'Subscription',
    // Sockets without a credential may watch nothing but this.
    fields: { sessionChanged: field('numbers'), own: field(null) },
  }),
});
const server = await startTestServer({ schema });

async function subscribe(query: string, variables?: object): Promise<Subscription> {
  return (await openSocket(server.url)).subscribe(query, variables);
}

function tell(number: number): void {
  const event = { number };
  for (const listener of listeners) void listener.next(event);
}

test('an event is executed once for each distinct document and variables, however many are told', async () => {
  const one = 'subscription ($plus: Int) { sessionChanged(plus: $plus) }';
  const two = 'subscription { answer: sessionChanged }';
  const same = await Promise.all(Array.from({ length: 8 }, () => subscribe(one, { plus: 1 })));
  const otherVariables = await subscribe(one, { plus: 2 });
  const otherDocument = await subscribe(two);
  const stream = await openStream(server.url, one, { plus: 1 });
  await expect.poll(() => listeners.size).toBe(11);
  resolved = 0;
  tell(40);
  for (const { until } of same) {
    expect(await until(() => true)).toEqual({ data: { sessionChanged: 41 } });
  }
  expect(await otherVariables.until(() => true)).toEqual({ data: { sessionChanged: 42 } });
  expect(await otherDocument.until(() => true)).toEqual({ data: { answer: 40 } });
  expect(await stream.until(() => true)).toEqual({ data: { sessionChanged: 41 } });
  expect(resolved).toBe(3);
});
