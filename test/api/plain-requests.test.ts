import { expect, test } from 'vitest';
import { plainReplyHeaders, readPlainRequest } from '../../server/http/plain-requests.ts';
import { probeSchema, seen } from '../support/probe-schema.ts';
import { startTestServer } from '../support/server.ts';

const server = await startTestServer({ schema: probeSchema });

const accepts = [
  '*/*',
  'application/json',
  'application/graphql-response+json',
  'application/graphql-response+json,application/json;q=0.9',
  'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed',
];

const bodies: [string, unknown][] = [
  ['a query', { query: '{ hello }' }],
  [
    'a query with all there may be',
    {
      query: 'query a($n: Int!) { double(n: $n) } query b { hello }',
      operationName: 'a',
      variables: { n: 2 },
      extensions: {},
    },
  ],
  ['nulls', { query: '{ hello }', operationName: null, variables: null, extensions: null }],
  ['a mutation', { query: 'mutation { act }' }],
  ['a mutation that fails after it did something', { query: 'mutation { act setCookie }' }],
  ['a refusal', { query: '{ fail(how: "signedOut") }' }],
  ['an error beside data', { query: '{ hello fail(how: "conflict") }' }],
  ['an error of ours', { query: '{ nullWhereNoneMayBe }' }],
  ['variables that do not fit', { query: 'query ($n: Int!) { double(n: $n) }', variables: {} }],
  ['a document that is wrong', { query: '{ nope }' }],
  ['a document that is none', { query: '{ hello' }],
  ['no document', { variables: {} }],
  ['a document that is too long', { query: `{ hello } #${'x'.repeat(40_000)}` }],
  ['a document that is too deep', { query: `${'{ self '.repeat(20)}{ hello }${'}'.repeat(20)}` }],
  ['no operation of that name', { query: 'query a { hello }', operationName: 'b' }],
  ['a name that is none', { query: '{ hello }', operationName: 7 }],
  ['variables that are a list', { query: '{ hello }', variables: [] }],
  ['a parameter that is none', { query: '{ hello }', extra: 1 }],
  ['a batch', [{ query: '{ hello }' }]],
  ['nothing', null],
];

/** Says the same to Yoga, and is not one of those that it is spared. */
const spelledOut = (accept: string) => `${accept}, text/nothing`;

async function ask(body: unknown, accept: string) {
  seen.executed = 0;
  const reply = await server.send('/graphql', {
    method: 'POST',
    // From another site, so that no cookie may be set.
    headers: { 'content-type': 'application/json', accept, origin: 'https://elsewhere.example' },
    body: JSON.stringify(body),
  });
  const { date: _, 'x-request-id': requestId = '', ...headers } = Object.fromEntries(reply.headers);
  const text = reply.text.replaceAll(requestId, '(request id)');
  return { status: reply.status, headers, text, executed: seen.executed };
}

test.each(bodies)('%s is answered word for word as by Yoga, and executed once', async (_, body) => {
  for (const accept of accepts) {
    expect(plainReplyHeaders(accept)).not.toBeNull();
    expect(plainReplyHeaders(spelledOut(accept))).toBeNull();
    expect(await ask(body, accept)).toEqual(await ask(body, spelledOut(accept)));
  }
});

test('Yoga is spared what is ordinary, and nothing else', () => {
  const json = { 'content-type': 'application/json' };
  const body = JSON.stringify({ query: '{ hello }' });
  expect(readPlainRequest(json, body)).not.toBeNull();
  expect(
    readPlainRequest({ 'content-type': 'application/json; charset=utf-8' }, body),
  ).not.toBeNull();
  expect(readPlainRequest({ 'content-type': 'application/jsonp' }, body)).toBeNull();
  expect(readPlainRequest({}, body)).toBeNull();
  expect(readPlainRequest({ ...json, accept: 'text/event-stream' }, body)).toBeNull();
  expect(readPlainRequest(json, '{ hello }')).toBeNull();
});
