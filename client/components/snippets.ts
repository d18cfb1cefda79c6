/** Code to copy, with the real address and key in it. Only ever a publishable key. */

const start = `mutation ($input: StartSessionInput!) { startSession(input: $input) { ... on StartSessionPayload { session { sessionId } confirmUrl clientSecret } ... on UserError { code message } } }`;

export function curlSnippet(origin: string, publishableKey: string): string {
  return `curl ${origin}/graphql -H 'content-type: application/json' \\
  -H 'x-api-key: ${publishableKey}' \\
  -d '{"query": "${start}", "variables": {"input": {}}}'`;
}

export function fetchSnippet(origin: string, publishableKey: string): string {
  return `const reply = await fetch('${origin}/graphql', {
  method: 'POST',
  headers: {
    'content-type': 'application/json',
    'x-api-key': '${publishableKey}',
  },
  body: JSON.stringify({
    query: \`mutation ($input: StartSessionInput!) {
      startSession(input: $input) {
        ... on StartSessionPayload { clientSecret qrCodeUrl userCode }
        ... on UserError { code message }
      }
    }\`,
    variables: { input: {} },
  }),
});
const { data } = await reply.json();`;
}
