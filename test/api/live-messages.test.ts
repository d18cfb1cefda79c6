import { GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import { expect, test } from 'vitest';
import { LiveSource } from '../../server/domain/live/source.ts';
import { startTestServer } from '../support/server.ts';
import { openSocket } from '../support/socket.ts';

/** The message is 65 characters longer. From 126 and from 65,536 bytes on, a frame has another head. */
const lengths = [0, 1, 60, 61, 62, 1_000, 65_470, 65_471, 65_472, 500_000];
const texts = lengths.flatMap((length) => ['x'.repeat(length), 'ü€😀'.repeat(length / 9)]);
const source = new LiveSource<{ text: string }>(null, (listener) => {
  for (const text of texts) void listener.next({ text });
  return () => {};
});
const text = {
  type: GraphQLString,
  subscribe: () => source,
  resolve: (event: { text: string }) => event.text,
};
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({ name: 'Query', fields: { nothing: { type: GraphQLString } } }),
  subscription: new GraphQLObjectType({ name: 'Subscription', fields: { sessionChanged: text } }),
});

test('messages of any length and any characters arrive whole and in order', async () => {
  const server = await startTestServer({ schema });
  const { results } = (await openSocket(server.url)).subscribe('subscription { sessionChanged }');
  await expect.poll(() => results.length).toBe(texts.length);
  expect(results.map(({ data }) => data.sessionChanged)).toEqual(texts);
});
