/** The operations of a sign-in, to read and to copy, with what they were really made with. */

export interface TrialFacts {
  origin: string;
  environmentId: string;
  publishableKey: string | null;
  /** null until a session was started. */
  session: { clientSecret: string; linkToken: string } | null;
  /** Who confirmed, where that is known. */
  subject: { id: string; name: string | null } | null;
}

export interface TrialStep {
  key: string;
  name: string;
  /** Who sends it, and what for. */
  text: string;
  kind: 'query' | 'mutation' | 'subscription';
  query: string;
  variables: Record<string, unknown>;
  /** In their place where a signed-in user asks, as in GraphiQL. */
  ownVariables?: Record<string, unknown>;
  /** The publishable key goes with it. */
  apiKey: string | null;
}

/** In the order in which they happen. */
export function trialSteps({
  environmentId,
  publishableKey,
  session,
  subject,
}: TrialFacts): TrialStep[] {
  const clientSecret = session?.clientSecret ?? 'cs_…';
  const linkToken = session?.linkToken ?? '…';
  return [
    {
      key: 'start',
      name: '1. Start',
      text: 'Your login page, with the publishable key. A server would use its secret key. This page does it with your sign-in, and says which environment it means.',
      kind: 'mutation',
      query: `mutation Start($input: StartSessionInput!) {
  startSession(input: $input) {
    ... on StartSessionPayload {
      session { sessionId expiresAt }
      clientSecret
      qrCodeUrl
      userCode
    }
    ... on UserError { code message }
  }
}`,
      variables: { input: {} },
      ownVariables: { input: { environmentId } },
      apiKey: publishableKey ?? 'pk_test_…',
    },
    {
      key: 'watch',
      name: '2. Watch',
      text: 'Your login page, with the client secret, which nobody else has.',
      kind: 'subscription',
      query: `subscription Watch($clientSecret: String!) {
  sessionChanged(clientSecret: $clientSecret) { status exchangeableUntil }
}`,
      variables: { clientSecret },
      apiKey: null,
    },
    {
      key: 'look',
      name: '3. Look',
      text: 'The phone, with the link token of the QR code. Looking changes nothing.',
      kind: 'query',
      query: `query Look($linkToken: String!) {
  sessionToConfirm(linkToken: $linkToken) {
    status
    projectName
    environmentKind
    startedFromIp
    startedFromUserAgent
    userCode
  }
}`,
      variables: { linkToken },
      apiKey: null,
    },
    {
      key: 'confirm',
      name: '4. Confirm',
      text: 'The phone, alone: a test confirmation. In production your backend sends this with its secret key, for a user whom it knows.',
      kind: 'mutation',
      query: `mutation Confirm($input: ConfirmSessionInput!) {
  confirmSession(input: $input) {
    ... on ConfirmSessionPayload { session { status } }
    ... on UserError { code message }
  }
}`,
      variables: {
        input: { linkToken, subject: subject ?? { id: 'test-user', name: 'Test User' } },
      },
      apiKey: null,
    },
    {
      key: 'exchange',
      name: '5. Exchange',
      text: 'Your login page, once. The proof is a JWT, which your backend checks offline.',
      kind: 'mutation',
      query: `mutation Exchange($input: ExchangeSessionInput!) {
  exchangeSession(input: $input) {
    ... on ExchangeSessionPayload { subject { provider id name } proof }
    ... on UserError { code message }
  }
}`,
      variables: { input: { clientSecret } },
      apiKey: null,
    },
  ];
}

export function asCurl({ query, variables, kind, apiKey }: TrialStep, origin: string): string {
  const body = JSON.stringify({ query: query.replaceAll(/\s+/g, ' '), variables });
  return [
    `curl ${kind === 'subscription' ? '-N ' : ''}${origin}/graphql`,
    `-H 'content-type: application/json'`,
    ...(kind === 'subscription' ? [`-H 'accept: text/event-stream'`] : []),
    ...(apiKey ? [`-H 'x-api-key: ${apiKey}'`] : []),
    // The shell would end at a quote of a name.
    `-d '${body.replaceAll("'", String.raw`'\''`)}'`,
  ].join(' \\\n  ');
}

/** With the client of client/urql.ts, which is all of urql's and a socket that outlives restarts. */
export function asUrql({ query, variables, kind, apiKey }: TrialStep, origin: string): string {
  const options = [`url: '${origin}'`, ...(apiKey ? [`apiKey: '${apiKey}'`] : [])].join(', ');
  const call = `client.${kind}(
  \`${query.replaceAll('\n', '\n  ')}\`,
  ${JSON.stringify(variables, null, 2).replaceAll('\n', '\n  ')},
)`;
  const made = `const client = createLatchkeyClient({ ${options} });`;
  return kind === 'subscription'
    ? `${made}\n${call}.subscribe(({ data }) => console.log(data?.sessionChanged.status));`
    : `${made}\nconst { data, error } = await ${call};`;
}
