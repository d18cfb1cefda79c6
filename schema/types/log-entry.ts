import { loadApiKey } from '../../server/domain/api-keys/find.ts';
import { loadSession } from '../../server/domain/auth-sessions/find.ts';
import { loadEnvironment } from '../../server/domain/environments/find.ts';
import { type LogRecord, loadLogEntry } from '../../server/domain/logs/find.ts';
import { loadProject } from '../../server/domain/projects/find.ts';
import { loadWorkspace } from '../../server/domain/workspaces/find.ts';
import { builder } from '../builder.ts';
import { ApiKey } from './api-key.ts';
import { Environment } from './environment.ts';
import { LogLevel } from './log-enums.ts';
import { addNode, Node } from './node.ts';
import { Project } from './project.ts';
import { AuthSession, LogEntry } from './refs.ts';
import { Workspace } from './workspace.ts';

const ActorKind = builder.enumType('ActorKind', {
  description: 'Who acted. Expect new ones.',
  values: {
    USER: { description: 'A signed-in user.' },
    API_KEY: { description: 'A server or app with an API key.' },
    ACCESS_TOKEN: { description: 'A program with a user’s access token.' },
    END_USER: { description: 'The person signing in, or their waiting device.' },
    SYSTEM: { description: 'Latchkey itself, such as when a session expires.' },
    ANONYMOUS: { description: 'Somebody without a credential.' },
  } as const,
});

const Actor = builder.objectRef<LogRecord>('Actor').implement({
  description: 'Who acted, by value: it stays readable when the actor is gone.',
  fields: (t) => ({
    kind: t.expose('actorKind', { type: ActorKind, description: 'What kind of actor.' }),
    id: t.exposeID('actorId', {
      nullable: true,
      description: 'Its id; null for those who have none.',
    }),
    label: t.exposeString('actorLabel', {
      description: 'How it was called then: an email, the name of a key.',
    }),
  }),
});

LogEntry.implement({
  description:
    'One thing that happened. An entry never changes, but for counts: of a refusal that repeats within its minute, of what retention removed within its day; and but for the data of an end user who is erased.',
  interfaces: [Node],
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'When it happened.' }),
    type: t.exposeString('type', {
      description:
        'What happened, as `<noun>.<event>`: `session.confirmed`, `project.updated`. Expect new ones.',
    }),
    level: t.expose('level', {
      type: LogLevel,
      description: 'How much attention it asks for.',
    }),
    message: t.exposeString('message', { description: 'What happened, as a sentence.' }),
    reason: t.exposeString('reason', {
      nullable: true,
      description: 'Why, where there is something to say.',
    }),
    actor: t.field({
      type: Actor,
      description: 'Who did it.',
      resolve: (entry) => entry,
    }),
    workspace: t.field({
      type: Workspace,
      nullable: true,
      description: 'The workspace it belongs to. Hidden from API keys: null.',
      resolve: ({ workspaceId }, _args, { call }) => loadWorkspace(call, workspaceId),
    }),
    project: t.field({
      type: Project,
      nullable: true,
      description: 'The project; null outside any, and once it is gone.',
      resolve: ({ projectId }, _args, { call }) =>
        projectId === null ? null : loadProject(call, projectId),
    }),
    environment: t.field({
      type: Environment,
      nullable: true,
      description: 'The environment; null outside any, and once it is gone.',
      resolve: ({ environmentId }, _args, { call }) =>
        environmentId === null ? null : loadEnvironment(call, environmentId),
    }),
    apiKey: t.field({
      type: ApiKey,
      nullable: true,
      description: 'The API key concerned; null where there is none that you may see.',
      resolve: ({ apiKeyId }, _args, { call }) =>
        apiKeyId === null ? null : loadApiKey(call, apiKeyId),
    }),
    session: t.field({
      type: AuthSession,
      nullable: true,
      description: 'The session concerned; null where there is none (any more).',
      resolve: ({ sessionId }, _args, { call }) =>
        sessionId === null ? null : loadSession(call, sessionId),
    }),
    ip: t.exposeString('ip', {
      nullable: true,
      description: 'The address that the request came from; null where unknown.',
    }),
    userAgent: t.exposeString('userAgent', {
      nullable: true,
      description: 'The program that sent it, by its own word; null where unknown.',
    }),
    requestId: t.exposeString('requestId', {
      nullable: true,
      description: 'The `X-Request-Id` of the request; null where there was none.',
    }),
    data: t.expose('data', {
      type: 'JSON',
      nullable: true,
      description: 'Details, such as the values before and after. Never secrets.',
    }),
  }),
});

addNode('logEntry', 'LogEntry', loadLogEntry);
