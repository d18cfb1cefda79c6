/** What people look at, as the queries that show it. */
import type { Look } from './data-set.ts';

/** What is promised of a case, however much data there is. */
export type Aim = 'ratio' | 'unique users' | 'free text';

export interface Case {
  name: string;
  aim: Aim;
  query: string;
  variables(data: Look): object;
  /** Fails where the answer cannot be the right one. @param answer the data of the reply */
  // biome-ignore lint/suspicious/noExplicitAny: each query has a shape of its own
  check?(answer: any): boolean;
}

const logFields = `pageInfo { hasNextPage endCursor } edges { node {
  id at type level message reason actor { kind label } environment { name } apiKey { name } } }`;
const sessionFields = `pageInfo { hasNextPage endCursor } edges { node {
  id status channel subject { id name } createdAt confirmedAt project { name } environment { name } } }`;

const lists = {
  logs: ['LogFilter', logFields],
  authSessions: ['AuthSessionFilter', sessionFields],
} as const;
type List = keyof typeof lists;

type Scope = 'workspace' | 'project' | 'environment';

export function listQuery(scope: Scope, list: List): string {
  const [filter, fields] = lists[list];
  return `query ($id: ID!, $first: Int, $after: String, $filter: ${filter}) {
    scope: ${scope}(id: $id) { list: ${list}(first: $first, after: $after, filter: $filter) { ${fields} } } }`;
}

interface ListOptions {
  aim: Aim;
  /** Nothing; at least one row; null: either. */
  finds: 0 | 1 | null;
  after(data: Look): string;
}

/** A page of a list. */
function list(
  name: string,
  scope: Scope,
  which: List,
  filter: (data: Look) => object,
  { aim = 'ratio', finds = 1, after }: Partial<ListOptions> = {},
): Case {
  return {
    name: `${which === 'logs' ? 'logs' : 'sessions'} of a ${scope}: ${name}`,
    aim,
    query: listQuery(scope, which),
    variables: (data) => ({
      id: data.ids[scope],
      filter: filter(data),
      ...(after && { after: after(data) }),
    }),
    check: ({ scope: { list } }) => finds === null || finds === Math.min(list.edges.length, 1),
  };
}

const dayMs = 86_400_000;
const week = () => ({
  from: new Date(Date.now() - 30 * dayMs),
  to: new Date(Date.now() - 23 * dayMs),
});
const none = () => ({});

const pages: Case[] = [
  list('first page', 'environment', 'logs', none),
  list('first page', 'project', 'logs', none),
  list('first page', 'workspace', 'logs', none),
  list('page 1,000', 'workspace', 'logs', none, { after: ({ page1000 }) => page1000 }),
  list('first page', 'project', 'authSessions', none),
  list('first page', 'workspace', 'authSessions', none),
];

const logFilters: Case[] = [
  list('type, frequent', 'project', 'logs', () => ({ types: ['session.cancelled'] })),
  list('type, once', 'project', 'logs', () => ({ types: ['project.created'] })),
  list('type, never', 'project', 'logs', () => ({ types: ['member.removed'] }), { finds: 0 }),
  list('type, never', 'workspace', 'logs', () => ({ types: ['member.removed'] }), { finds: 0 }),
  list('level, frequent', 'project', 'logs', () => ({ levels: ['INFO'] })),
  list('level, never', 'project', 'logs', () => ({ levels: ['WARN', 'ERROR'] }), { finds: 0 }),
  list('one project of all', 'workspace', 'logs', ({ ids }) => ({ projectIds: [ids.project] })),
  list('key, frequent', 'project', 'logs', ({ keys }) => ({ apiKeyId: keys.frequent })),
  list('key, rare', 'project', 'logs', ({ keys }) => ({ apiKeyId: keys.rare })),
  list('key, once', 'project', 'logs', ({ keys }) => ({ apiKeyId: keys.never })),
  list('session', 'project', 'logs', ({ sessionId }) => ({ sessionId })),
  list('subject, frequent', 'project', 'logs', ({ subjects }) => ({
    subjectId: subjects.frequent,
  })),
  list('subject, rare', 'project', 'logs', ({ subjects }) => ({ subjectId: subjects.rare })),
  list('subject, rare', 'workspace', 'logs', ({ subjects }) => ({ subjectId: subjects.rare })),
  list('channel, frequent', 'project', 'logs', () => ({ channel: 'SERVER' })),
  list('channel, rare', 'project', 'logs', () => ({ channel: 'TEST' })),
  list('channel, never', 'project', 'logs', () => ({ channel: 'TELEGRAM' }), { finds: 0 }),
  list('actor, frequent', 'project', 'logs', ({ keys }) => ({ actorId: keys.frequent })),
  list('actor, rare', 'project', 'logs', ({ userId }) => ({ actorId: userId })),
  list('time', 'project', 'logs', week),
  list('type and time', 'project', 'logs', () => ({
    ...week(),
    types: ['session.expired'],
  })),
  list('type and subject', 'project', 'logs', ({ subjects }) => ({
    types: ['session.confirmed'],
    subjectId: subjects.rare,
  })),
];

const sessionFilters: Case[] = [
  list('confirmed', 'project', 'authSessions', () => ({ statuses: ['CONFIRMED', 'USED'] })),
  list('confirmed', 'workspace', 'authSessions', () => ({ statuses: ['CONFIRMED', 'USED'] })),
  list('pending', 'project', 'authSessions', () => ({ statuses: ['PENDING'] }), { finds: null }),
  list('pending', 'workspace', 'authSessions', () => ({ statuses: ['PENDING'] }), { finds: null }),
  list('expired', 'project', 'authSessions', () => ({ statuses: ['EXPIRED'] })),
  list('cancelled', 'project', 'authSessions', () => ({ statuses: ['CANCELLED'] })),
  list('one project of all', 'workspace', 'authSessions', ({ ids }) => ({
    projectIds: [ids.project],
  })),
  list('key, rare', 'project', 'authSessions', ({ keys }) => ({ apiKeyId: keys.rare })),
  list('key, never used', 'project', 'authSessions', ({ keys }) => ({ apiKeyId: keys.never }), {
    finds: 0,
  }),
  list('subject, frequent', 'project', 'authSessions', ({ subjects }) => ({
    subjectId: subjects.frequent,
  })),
  list('subject, rare', 'project', 'authSessions', ({ subjects }) => ({
    subjectId: subjects.rare,
  })),
  list('channel, rare', 'project', 'authSessions', () => ({ channel: 'TEST' })),
  list('channel, never', 'project', 'authSessions', () => ({ channel: 'TELEGRAM' }), { finds: 0 }),
  list('time', 'project', 'authSessions', week),
  list('status and time', 'project', 'authSessions', () => ({
    ...week(),
    statuses: ['CANCELLED'],
  })),
  list('status and key', 'project', 'authSessions', ({ keys }) => ({
    statuses: ['CANCELLED'],
    apiKeyId: keys.rare,
  })),
];

const freeText: Case[] = (['logs', 'authSessions'] as const).flatMap((which) => [
  list('free text, a frequent name', 'project', which, () => ({ search: 'user-1' }), {
    aim: 'free text',
  }),
  list('free text, a rare name', 'project', which, ({ subjects }) => ({ search: subjects.rare }), {
    aim: 'free text',
    finds: null, // a page looks back for as long as it may, which need not be far enough
  }),
  list('free text, nowhere', 'project', which, () => ({ search: 'zzyzx' }), {
    aim: 'free text',
    finds: 0,
  }),
]);

const totals = 'totalSessions confirmedSessions conversionRate';
const analyticsFields = `${totals} timeToConfirm { p50Ms p95Ms } daily { date sessions confirmed }
  funnel { requested confirmed used cancelled expired pending } previous { ${totals} }`;

function analytics(scope: Scope, days: number, withUsers: boolean): Case {
  return {
    name: `analytics of a ${scope}, ${days} days${withUsers ? ' with unique users' : ''}`,
    aim: withUsers ? 'unique users' : 'ratio',
    query: `query ($id: ID!, $range: AnalyticsRange!) { scope: ${scope}(id: $id) { analytics(range: $range) {
      ${analyticsFields} ${withUsers ? 'uniqueUsers' : ''} } } }`,
    variables: ({ ids }) => ({ id: ids[scope], range: { days, timeZone: 'Asia/Kathmandu' } }),
    check: ({ scope: { analytics } }) =>
      analytics.totalSessions > 0 && (!withUsers || analytics.uniqueUsers > 0),
  };
}

const charts: Case[] = [30, 366].flatMap((days) =>
  (['project', 'workspace'] as const).flatMap((scope) =>
    [false, true].map((withUsers) => analytics(scope, days, withUsers)),
  ),
);

export const projectList: Case = {
  name: 'project list with counters',
  aim: 'ratio',
  query: `query ($workspaceId: ID!) { projects(first: 20, workspaceId: $workspaceId) { edges { node {
    id name active createdAt sessionCounts { pending today { started confirmed } lifetime { started confirmed } }
    defaultEnvironment { primaryKey(type: PUBLISHABLE) { publishableValue } } } } } }`,
  variables: ({ ids }) => ({ workspaceId: ids.workspace }),
  check: ({ projects }) => projects.edges.length === 4,
};

export const sessionById: Case = {
  name: 'session by id',
  aim: 'ratio',
  query: `query ($id: ID!) { authSession(id: $id) {
    id status channel userCode subject { id name } metadata createdAt expiresAt confirmedAt
    project { name } environment { name } } }`,
  variables: ({ sessionId }) => ({ id: sessionId }),
  check: ({ authSession }) => authSession !== null,
};

export const cases: readonly Case[] = [
  ...pages,
  ...logFilters,
  ...sessionFilters,
  ...freeText,
  ...charts,
  projectList,
  sessionById,
];
