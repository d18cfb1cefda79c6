import type { GraphQLOptions, TestServer } from './server.ts';

/** The operations on sessions as a client sends them. Each answers the member of its union. */
export interface SessionApi {
  start(by: GraphQLOptions, input?: object): Promise<Answer>;
  confirm(by: GraphQLOptions, input: object): Promise<Answer>;
  cancel(by: GraphQLOptions, input: object): Promise<Answer>;
  exchange(by: GraphQLOptions, input: object): Promise<Answer>;
  /** The status that a client secret shows; null where it opens nothing. */
  watch(by: GraphQLOptions, clientSecret: string): Promise<string | null>;
  /** The status that a link token shows; null where it names nothing. */
  look(by: GraphQLOptions, linkToken: string): Promise<string | null>;
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into members of every shape
type Answer = any;

/** Who asks without any credential. */
export const nobodyAtAll: GraphQLOptions = {};

/** Who asks with this API key. */
export function withKey(value: string, headers: Record<string, string> = {}): GraphQLOptions {
  return { headers: { 'x-api-key': value, ...headers } };
}

export const subject = { id: 'customer-1', name: 'Ada' };

const common =
  '... on UserError { code message } ... on ValidationError { issues { path message } }';
const state = `${common} ... on SessionStateError { status }`;
const watched = 'session { sessionId status }';

export const operations = {
  start: `mutation ($input: StartSessionInput!) { answer: startSession(input: $input) {
    __typename ... on StartSessionPayload { ${watched} clientSecret linkToken userCode }
    ${common} ... on OriginNotAllowedError { origin } } }`,
  confirm: `mutation ($input: ConfirmSessionInput!) { answer: confirmSession(input: $input) {
    __typename ... on ConfirmSessionPayload { ${watched} }
    ${state} ... on ChannelUnavailableError { channel } } }`,
  cancel: `mutation ($input: CancelSessionInput!) { answer: cancelSession(input: $input) {
    __typename ... on CancelSessionPayload { ${watched} } ${state} } }`,
  exchange: `mutation ($input: ExchangeSessionInput!) { answer: exchangeSession(input: $input) {
    __typename ... on ExchangeSessionPayload { ${watched} subject { provider id } proof }
    ${state} } }`,
  watch: 'query ($secret: String!) { answer: watchedSession(clientSecret: $secret) { status } }',
  look: 'query ($token: String!) { answer: sessionToConfirm(linkToken: $token) { status } }',
} as const;

export function createSessionApi(server: Pick<TestServer, 'graphql'>): SessionApi {
  const ask = async (operation: keyof typeof operations, variables: object, by: GraphQLOptions) =>
    (await server.graphql(operations[operation], variables, by)).answer;
  return {
    start: (by, input = {}) => ask('start', { input }, by),
    confirm: (by, input) => ask('confirm', { input }, by),
    cancel: (by, input) => ask('cancel', { input }, by),
    exchange: (by, input) => ask('exchange', { input }, by),
    watch: async (by, secret) => (await ask('watch', { secret }, by))?.status ?? null,
    look: async (by, token) => (await ask('look', { token }, by))?.status ?? null,
  };
}
