import type { Recorder } from './recorder.ts';

const signIn = 'mutation ($input: SignInInput!) { signIn(input: $input) { __typename } }';
const watch = 'query ($secret: String!) { watchedSession(clientSecret: $secret) { status } }';
const newKey =
  'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { __typename } }';

/** Sends a secret as callers do who get GraphQL wrong. */
export async function misplaceInGraphQL(recorder: Recorder, secret: string): Promise<void> {
  const email = 'owner@example.com';
  const quoted = JSON.stringify(secret);
  for (const [query, variables] of [
    // Variables of another type
    [signIn, { input: secret }],
    [signIn, { input: { email, password: { value: secret } } }],
    [signIn, { input: { email, password: [secret] } }],
    [signIn, { input: { email, secret: 1, password: { [secret]: 1 } } }],
    [signIn, { input: { email, password: 'x', [secret]: 1 } }],
    [watch, { secret: { value: secret } }],
    [newKey, { input: { environmentId: 'x', name: 'x', type: secret } }],
    [newKey, { input: { environmentId: 'x', name: 'x', type: 'SECRET', expiresAt: secret } }],
    ['query ($id: Int!) { project(id: $id) { id } }', { id: secret }],
    ['query ($first: Int) { projects(first: $first) { edges { cursor } } }', { first: secret }],
    // Literals where they do not belong
    [`mutation { signIn(input: ${quoted}) { __typename } }`, {}],
    [`mutation { signIn(input: { email: "x", password: [${quoted}, 1] }) { __typename } }`, {}],
    [`mutation { signIn(input: { email: "x", secret: ${quoted} }) { __typename } }`, {}],
    [`{ watchedSession(clientSecret: [${quoted}]) { status } }`, {}],
    [`{ watchedSession(secret: ${quoted}) { status } }`, {}],
    [`{ projects(first: ${quoted}) { edges { cursor } } }`, {}],
    [`{ viewer(token: ${quoted}) { email } }`, {}],
    [`{ server { version } } ${quoted}`, {}],
    [`{ server { version } } "${secret}`, {}],
  ] as const) {
    await recorder.post(query, variables);
  }
  if (/^\w+$/.test(secret)) {
    for (const query of [
      `{ ${secret} }`,
      `{ watchedSession(clientSecret: ${secret}) { status } }`,
      `{ watchedSession(clientSecret: $${secret}) { status } }`,
      `{ watchedSession(${secret}: 1) { status } }`,
      `query ($secret: ${secret}) { __typename }`,
      `{ server { ...${secret} } }`,
      `{ server { version @${secret} } }`,
      `query ${secret} { nothing }`,
    ]) {
      await recorder.post(query);
    }
  }
  const post = (contentType: string, body: string) =>
    recorder.send('/graphql', {
      method: 'POST',
      headers: { 'content-type': contentType },
      body,
    });
  const query = '{ server { version } }';
  await post('application/json', `{ "query": "${query}", "password": "${secret}"`);
  await post('application/json', secret);
  await post('application/json', quoted);
  await post('application/json', JSON.stringify({ query, operationName: secret }));
  // Where a line for each request could take them from
  const path = encodeURIComponent(secret);
  for (const each of [`/${path}`, `/s/${path}/qr.svg`, `/metrics?token=${path}`]) {
    await recorder.send(each);
  }
  for (const name of ['authorization', 'x-request-id', 'user-agent', 'referer']) {
    await recorder.send('/nothing', { headers: { [name]: secret } });
  }
  await recorder.send('/metrics', { headers: { authorization: `Bearer ${secret}` } });
  await post('application/json', JSON.stringify({ query, variables: secret }));
  await post('application/json', JSON.stringify({ query: { secret } }));
  await post('application/json', JSON.stringify({ query, [secret]: secret }));
  await post('application/graphql', `{ ${secret} }`);
  await post(secret.replaceAll(/[^\w-]/g, '-'), query);
  await recorder.send(`/graphql?${new URLSearchParams({ query, variables: secret })}`);
  await recorder.send(`/graphql?${new URLSearchParams({ query, operationName: secret })}`);
}
