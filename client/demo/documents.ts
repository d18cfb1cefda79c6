/** Every operation that the demonstration makes. */
import { graphql } from './gql/index.ts';

export const LookAtServer = graphql(`
  query LookAtServer {
    server { version signUp signUpOpen channels }
  }
`);

export const SignUp = graphql(`
  mutation SignUp($input: SignUpInput!) {
    signUp(input: $input) {
      __typename
      ... on SignUpPayload {
        viewer { email memberships { role workspace { id name } } }
      }
      ... on UserError { code message }
    }
  }
`);

export const CreateProject = graphql(`
  mutation CreateProject($input: CreateProjectInput!) {
    createProject(input: $input) {
      __typename
      ... on CreateProjectPayload {
        project {
          id
          name
          version
          environments {
            id
            kind
            testConfirmations
            primaryKey(type: PUBLISHABLE) { publishableValue }
          }
        }
        publishableKey { publishableValue }
        secretKey { preview }
        secret
      }
      ... on UserError { code message }
    }
  }
`);

export const StartSession = graphql(`
  mutation StartSession($input: StartSessionInput!) {
    startSession(input: $input) {
      __typename
      ... on StartSessionPayload {
        session { sessionId status expiresAt }
        clientSecret
        linkToken
        confirmUrl
        userCode
        channels { channel }
      }
      ... on UserError { code message }
    }
  }
`);

export const WatchSession = graphql(`
  query WatchSession($clientSecret: String!) {
    watchedSession(clientSecret: $clientSecret) {
      status
      exchangeableUntil
      pollIntervalSeconds
    }
  }
`);

export const LookAtSession = graphql(`
  query LookAtSession($linkToken: String!) {
    sessionToConfirm(linkToken: $linkToken) {
      status
      projectName
      environmentKind
      userCode
      startedFromIp
      startedFromUserAgent
      channels { channel }
    }
  }
`);

export const ConfirmSession = graphql(`
  mutation ConfirmSession($input: ConfirmSessionInput!) {
    confirmSession(input: $input) {
      __typename
      ... on ConfirmSessionPayload { session { status exchangeableUntil } }
      ... on UserError { code message }
    }
  }
`);

export const CancelSession = graphql(`
  mutation CancelSession($input: CancelSessionInput!) {
    cancelSession(input: $input) {
      __typename
      ... on CancelSessionPayload { session { status } }
      ... on UserError { code message }
    }
  }
`);

export const ExchangeSession = graphql(`
  mutation ExchangeSession($input: ExchangeSessionInput!) {
    exchangeSession(input: $input) {
      __typename
      ... on ExchangeSessionPayload {
        session { status }
        subject { provider id name email }
        proof
      }
      ... on UserError { code message }
    }
  }
`);

export const ReadActivity = graphql(`
  query ReadActivity($projectId: ID!, $first: Int!) {
    project(id: $projectId) {
      version
      sessionCounts {
        pending
        today { started }
        lifetime { started confirmed cancelled expired used }
      }
      authSessions(first: $first) {
        edges { node { ...SessionLine_AuthSession } }
        pageInfo { hasNextPage }
      }
      logs(first: $first) {
        edges { node { ...LogLine_LogEntry } }
        pageInfo { hasNextPage }
      }
    }
  }
`);

export const SwitchProject = graphql(`
  mutation SwitchProject($input: UpdateProjectInput!) {
    updateProject(input: $input) {
      __typename
      ... on UpdateProjectPayload { project { active version } }
      ... on ConflictError { currentVersion }
      ... on UserError { code message }
    }
  }
`);
