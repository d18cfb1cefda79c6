import { getIntrospectionQuery } from 'graphql';
import { expect, test } from 'vitest';
import { limits } from '../../server/http/limits.ts';
import { probeSchema, seen } from '../support/probe-schema.ts';
import { startTestServer } from '../support/server.ts';

const server = await startTestServer({ schema: probeSchema });

const nested = (depth: number) =>
  `${'{ self '.repeat(depth - 1)}{ hello }${' }'.repeat(depth - 1)}`;
const aliases = (count: number) =>
  `{ ${Array.from({ length: count }, (_, n) => `a${n}: hello`).join(' ')} }`;
const directives = (count: number) => `{ hello ${'@include(if: true) '.repeat(count)} }`;

async function expectTooComplex(query: string, pattern: RegExp) {
  seen.executed = 0;
  // The second time Yoga remembers what it found.
  for (const [accept, expected] of [
    ['application/json', 200],
    ['application/graphql-response+json', 400],
  ] as const) {
    const { status, json } = await server.post(query, {}, { headers: { accept } });
    expect(status).toBe(expected);
    expect(json.errors[0].extensions.code).toBe('QUERY_TOO_COMPLEX');
    expect(json.errors[0].message).toMatch(pattern);
  }
  expect(seen.executed).toBe(0);
}

test('a document as deep as may be is answered, and a deeper one refused', async () => {
  await server.graphql(nested(limits.depthMax));
  await expectTooComplex(nested(limits.depthMax + 1), /^Query depth limit of 12 exceeded/);
});

test('fragments do not hide depth, and do not count as depth', async () => {
  const spread = (depth: number) => `{ self { ...F } } fragment F on Query ${nested(depth - 1)}`;
  await server.graphql(spread(limits.depthMax));
  await expectTooComplex(spread(limits.depthMax + 1), /depth/);
});

test('fifteen aliases are answered, and one more refused, whatever they are called', async () => {
  await server.graphql(aliases(limits.aliasesMax));
  await expectTooComplex(aliases(limits.aliasesMax + 1), /^Aliases limit of 15 exceeded/);
  const typenames = Array.from({ length: 16 }, (_, n) => `a${n}: __typename`).join(' ');
  await expectTooComplex(`{ ${typenames} }`, /Aliases/);
});

test('repeated fragments do not hide aliases', async () => {
  const fragment = `fragment F on Query ${aliases(8)}`;
  await expectTooComplex(`{ ...F self { ...F } } ${fragment}`, /Aliases/);
});

test('five directives pass the limit, and one more does not', async () => {
  const { json } = await server.post(directives(limits.directivesMax));
  expect(json.errors[0].extensions.code).toBe('GRAPHQL_INVALID'); // not repeatable, but not too many
  const { json: more } = await server.post(directives(limits.directivesMax + 1));
  const codes = more.errors.map((error: { extensions: object }) => error.extensions);
  expect(codes).toContainEqual(expect.objectContaining({ code: 'QUERY_TOO_COMPLEX' }));
});

test('a thousand tokens are read, and one more is not', async () => {
  const operations = (tokens: number) =>
    Array.from({ length: tokens / 5 }, (_, n) => `query a${n} { hello }`).join(' ');
  const ask = (query: string) => server.post(query, {}, { operationName: 'a0' });
  expect((await ask(operations(limits.tokensMax))).json.data).toEqual({ hello: 'world' });
  const more = operations(limits.tokensMax).replace('hello', 'hello hello');
  expect((await ask(more)).json.errors).toMatchObject([
    {
      message: 'The query must have at most 1000 tokens.',
      extensions: { code: 'QUERY_TOO_COMPLEX' },
    },
  ]);
});

test('a query as long as may be is read, and one character more is not', async () => {
  const query = '{ hello }';
  const padded = (length: number) => `${query}${' '.repeat(length - query.length)}`;
  await server.graphql(padded(limits.queryCharactersMax));
  await expectTooComplex(padded(limits.queryCharactersMax + 1), /at most 32768 characters/);
});

test('a batch is refused, of one operation too, and nothing of it executed', async () => {
  seen.executed = 0;
  for (const count of [0, 1, 2]) {
    const body = JSON.stringify(Array.from({ length: count }, () => ({ query: '{ hello }' })));
    const headers = { 'content-type': 'application/json' };
    const { status, json } = await server.send('/graphql', { method: 'POST', headers, body });
    expect(status).toBe(400);
    expect(json.errors).toMatchObject([{ extensions: { code: 'GRAPHQL_INVALID' } }]);
  }
  expect(seen.executed).toBe(0);
});

test('sixteen kibibytes of headers are read, and more are refused', async () => {
  const ask = (bytes: number) =>
    server.send('/health/live', { headers: { long: 'x'.repeat(bytes) } });
  expect((await ask(limits.headerBytesMax - 512)).status).toBe(200);
  expect((await ask(limits.headerBytesMax)).status).toBe(431);
});

test('introspection as GraphiQL and code generators ask for it is answered', async () => {
  const query = getIntrospectionQuery({
    descriptions: true,
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
    oneOf: true,
  });
  expect((await server.graphql(query)).__schema.queryType.name).toBe('Query');
});

test('introspection that goes in circles is refused', async () => {
  const circle = `{ __schema { types ${'{ fields { type '.repeat(5)}{ name }${' } }'.repeat(5)} } }`;
  expect((await server.post(circle)).json.errors[0].extensions.code).toBe('GRAPHQL_INVALID');
});

test('a body of a megabyte is read, and a longer one is 413, declared or not', async () => {
  seen.executed = 0;
  const body = (bytes: number) => {
    const start = '{"query": "{ hello }"';
    return `${start}${' '.repeat(bytes - start.length - 1)}}`;
  };
  const post = (init: RequestInit) =>
    server.send('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      ...init,
    });
  const streamed = (text: string) =>
    ({ body: new Blob([text]).stream(), duplex: 'half' }) as RequestInit;

  expect((await post({ body: body(limits.bodyBytesMax) })).status).toBe(200);
  expect((await post(streamed(body(limits.bodyBytesMax)))).status).toBe(200);
  expect(seen.executed).toBe(2);
  for (const init of [
    { body: body(limits.bodyBytesMax + 1) },
    { body: body(8 * limits.bodyBytesMax) },
    streamed(body(limits.bodyBytesMax + 1)),
  ]) {
    const reply = await post(init);
    expect(reply.status).toBe(413);
    expect(reply.json.errors).toMatchObject([
      {
        message: 'The body must be at most 1048576 bytes long.',
        extensions: { code: 'QUERY_TOO_COMPLEX', requestId: reply.headers.get('x-request-id') },
      },
    ]);
  }
  expect(seen.executed).toBe(2);
});
