import { loadApiKey } from '../../server/domain/api-keys/find.ts';
import {
  confirmChannels,
  type ConfirmChannel as Way,
} from '../../server/domain/auth-sessions/channels.ts';
import {
  findSession,
  findSessionToConfirm,
  findWatchedSession,
  loadSession,
  type SessionInPlace,
} from '../../server/domain/auth-sessions/find.ts';
import type {
  SessionRecord,
  Subject as SubjectRecord,
} from '../../server/domain/auth-sessions/record.ts';
import { loadEnvironment } from '../../server/domain/environments/find.ts';
import { found } from '../../server/domain/errors.ts';
import { listSessionLogs } from '../../server/domain/logs/list.ts';
import { loadProject } from '../../server/domain/projects/find.ts';
import { builder } from '../builder.ts';
import { ApiKey } from './api-key.ts';
import { AuthSessionStatus, Channel } from './auth-session-enums.ts';
import { Environment } from './environment.ts';
import { EnvironmentKind } from './environment-kind.ts';
import { addNode, Node } from './node.ts';
import { Project } from './project.ts';
import { AuthSession, LogEntry, LogEntryConnection } from './refs.ts';

export const Subject = builder.objectRef<SubjectRecord>('Subject').implement({
  description: 'The identity that an end user confirmed with, as the channel stated it.',
  fields: (t) => ({
    provider: t.exposeString('provider', {
      description: 'Who vouches: `server`, `telegram`, `test`, or what a backend calls itself.',
    }),
    id: t.exposeString('id', { description: 'The user’s id there. Unique for each provider.' }),
    name: t.exposeString('name', { nullable: true, description: 'Display name; null if unknown.' }),
    username: t.exposeString('username', {
      nullable: true,
      description: 'User name; null if unknown.',
    }),
    email: t.exposeString('email', { nullable: true, description: 'Email; null if unknown.' }),
    phone: t.exposeString('phone', {
      nullable: true,
      description: 'Phone number; null if unknown.',
    }),
    picture: t.exposeString('picture', {
      nullable: true,
      description: 'URL of a picture; null if unknown.',
    }),
  }),
});

AuthSession.implement({
  description: 'One sign-in attempt of an end user, from start to outcome.',
  interfaces: [Node],
  fields: (t) => ({
    status: t.expose('status', { type: AuthSessionStatus, description: 'Where it stands now.' }),
    channel: t.expose('channel', {
      type: Channel,
      nullable: true,
      description: 'How it was confirmed; null until then.',
    }),
    subject: t.expose('subject', {
      type: Subject,
      nullable: true,
      description: 'Who confirmed it; null until then.',
    }),
    metadata: t.expose('metadata', {
      type: 'JSON',
      nullable: true,
      description: 'What was passed at the start; null if nothing was.',
    }),
    reason: t.exposeString('reason', {
      nullable: true,
      description:
        'Why it was cancelled, where somebody said so; USER_CODE_MISMATCH after five wrong codes.',
    }),
    project: t.field({
      type: Project,
      description: 'The project it belongs to.',
      resolve: ({ projectId }, _args, { call }) =>
        found('The project', loadProject(call, projectId)),
    }),
    environment: t.field({
      type: Environment,
      description: 'The environment it belongs to.',
      resolve: ({ environmentId }, _args, { call }) =>
        found('The environment', loadEnvironment(call, environmentId)),
    }),
    apiKey: t.field({
      type: ApiKey,
      nullable: true,
      description:
        'The key that started it; null without one, once it is gone, or if you may not see it.',
      resolve: ({ apiKeyId }, _args, { call }) =>
        apiKeyId === null ? null : loadApiKey(call, apiKeyId),
    }),
    startedFromIp: t.exposeString('startedFromIp', {
      nullable: true,
      description: 'Address of the waiting device; null where a server did not pass it.',
    }),
    startedFromUserAgent: t.exposeString('startedFromUserAgent', {
      nullable: true,
      description: 'User agent of the waiting device; null where unknown.',
    }),
    confirmedFromIp: t.exposeString('confirmedFromIp', {
      nullable: true,
      description: 'Address of the device that confirmed; null where a server did it.',
    }),
    confirmedFromUserAgent: t.exposeString('confirmedFromUserAgent', {
      nullable: true,
      description: 'User agent of the device that confirmed; null where unknown.',
    }),
    userCode: t.exposeString('userCode', {
      description: 'Eight letters that the waiting device shows, to compare or to type.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it started.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'Until when it can be confirmed.',
    }),
    confirmedAt: t.expose('confirmedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was confirmed; null until then.',
    }),
    exchangeableUntil: t.expose('exchangeableUntil', {
      type: 'DateTime',
      nullable: true,
      description:
        'Until when it can be exchanged: five minutes after its confirmation; null before.',
    }),
    cancelledAt: t.expose('cancelledAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was cancelled; null if it was not.',
    }),
    expiredAt: t.expose('expiredAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Its deadline, once that has passed unconfirmed; null otherwise.',
    }),
    usedAt: t.expose('usedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was exchanged; null until then.',
    }),
    logs: t.connection(
      {
        type: LogEntry,
        description: 'What happened to it, newest first.',
        resolve: ({ id }, page, { call }) => listSessionLogs(call, id, page),
      },
      LogEntryConnection,
    ),
  }),
});

addNode('authSession', 'AuthSession', loadSession);

/** Seconds between two looks of a device that does not subscribe. */
const pollIntervalSeconds = 2;

export const WatchedSession = builder.objectRef<SessionRecord>('WatchedSession').implement({
  description:
    'What the waiting device may know of its session. Never the subject: watching is not being.',
  fields: (t) => ({
    sessionId: t.exposeID('id', { description: 'The id of the session.' }),
    status: t.expose('status', { type: AuthSessionStatus, description: 'Where it stands now.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'Until when it can be confirmed.',
    }),
    exchangeableUntil: t.expose('exchangeableUntil', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when it can be exchanged; null until it is confirmed.',
    }),
    returnUrl: t.exposeString('returnUrl', {
      nullable: true,
      description:
        'Where to go on afterwards; null if none was given. Show it as a link with its host.',
    }),
    pollIntervalSeconds: t.int({
      description: 'How long to wait between two looks, where polling is the way.',
      resolve: () => pollIntervalSeconds,
    }),
  }),
});

export const ConfirmChannel = builder.objectRef<Way>('ConfirmChannel').implement({
  description: 'A way in which this session can be confirmed.',
  fields: (t) => ({
    channel: t.expose('channel', { type: Channel, description: 'Which way.' }),
    url: t.exposeString('url', {
      nullable: true,
      description: 'Where the user goes for it; null where the app knows by itself.',
    }),
  }),
});

const SessionToConfirm = builder.objectRef<SessionInPlace>('SessionToConfirm').implement({
  description: 'What a person is shown before they confirm.',
  fields: (t) => ({
    status: t.expose('status', { type: AuthSessionStatus, description: 'Where it stands now.' }),
    projectName: t.exposeString('projectName', { description: 'Who asks.' }),
    environmentKind: t.expose('environmentKind', {
      type: EnvironmentKind,
      description: 'Whether this is for real.',
    }),
    userCode: t.string({
      nullable: true,
      description:
        'The code to compare with the one on the waiting device; null when it must be typed instead.',
      resolve: ({ requireUserCode, userCode }) => (requireUserCode ? null : userCode),
    }),
    startedFromIp: t.exposeString('startedFromIp', {
      nullable: true,
      description: 'Address of the waiting device; null where unknown.',
    }),
    startedFromUserAgent: t.exposeString('startedFromUserAgent', {
      nullable: true,
      description: 'User agent of the waiting device; null where unknown.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it started.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'Until when it can be confirmed.',
    }),
    returnUrl: t.string({
      nullable: true,
      description: 'Where to go on, once the session is final; null before, or if none was given.',
      resolve: ({ status, returnUrl }) => (status === 'PENDING' ? null : returnUrl),
    }),
    channels: t.field({
      type: [ConfirmChannel],
      description: 'The ways to confirm it.',
      resolve: (session, _args, { call }) => confirmChannels(call, session),
    }),
  }),
});

builder.queryFields((t) => ({
  authSession: t.field({
    type: AuthSession,
    nullable: true,
    description: 'The session with this id, or null where there is none that you may see.',
    args: { id: t.arg.id({ required: true, description: 'Its id, `ses_…`.' }) },
    resolve: (_root, { id }, { call }) => findSession(call, id),
  }),
  watchedSession: t.field({
    type: WatchedSession,
    nullable: true,
    description:
      'The session that a client secret opens, or null where it opens none. Refused over GET, which would put the secret into URLs.',
    extensions: { takesSecret: true },
    args: {
      clientSecret: t.arg.string({ required: true, description: 'From `startSession`, `cs_…`.' }),
    },
    resolve: (_root, { clientSecret }, { call }) => findWatchedSession(call, clientSecret),
  }),
  sessionToConfirm: t.field({
    type: SessionToConfirm,
    nullable: true,
    description:
      'The session that a link token names, or null where it names none. Looking changes nothing. Refused over GET.',
    extensions: { takesSecret: true },
    args: {
      linkToken: t.arg.string({ required: true, description: 'From the confirm URL or QR code.' }),
    },
    resolve: (_root, { linkToken }, { call }) => findSessionToConfirm(call, linkToken),
  }),
}));
