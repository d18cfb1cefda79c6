import { beforeAll, describe, expect, test } from 'vitest';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { startTestServer } from '../support/server.ts';
import { createSessionApi, subject, withKey } from '../support/session-api.ts';
import { watchStatements } from '../support/statements.ts';

const server = await startTestServer();
const watch = watchStatements(server.db);
let project: TestProject;

/** In production one session of each outcome but expired; in development one that waits. */
beforeAll(async () => {
  project = await createTestProject(server.tools);
  const secret = withKey(project.production.secret);
  const { start, confirm, cancel, exchange } = createSessionApi(server);
  const started = await Promise.all([start(secret), start(secret), start(secret)]);
  const [used, confirmed, cancelled] = started.map(({ session }) => session.sessionId);
  await start(withKey(project.development.publishableValue));
  await confirm(secret, { sessionId: used, subject });
  await confirm(secret, { sessionId: confirmed, subject });
  await exchange(secret, { sessionId: used });
  await cancel(secret, { sessionId: cancelled });
});

const everything = `from to timeZone totalSessions confirmedSessions uniqueUsers conversionRate
  timeToConfirm { p50Ms p95Ms } funnel { requested confirmed used cancelled expired pending }
  daily { date sessions confirmed uniqueUsers }
  previous { totalSessions confirmedSessions uniqueUsers conversionRate }`;

const ofProject = (selected: string, range = 'range: { days: 2 }') =>
  `query ($id: ID!) { project(id: $id) { analytics(${range}) { ${selected} } } }`;

async function read(query: string, options = {}) {
  const owner = { cookie: project.owner.token };
  const data = await server.graphql(query, { id: project.id }, { ...owner, ...options });
  return data.project.analytics;
}

describe('of today', () => {
  test('a member sees the whole project', async () => {
    const { from, to, daily, timeToConfirm, ...rest } = await read(ofProject(everything));
    expect(daily.map(({ date }: { date: string }) => date)).toEqual([from, to]);
    expect(daily.at(-1)).toMatchObject({ sessions: 4, confirmed: 2, uniqueUsers: 1 });
    expect(daily[0]).toMatchObject({ sessions: 0, confirmed: 0, uniqueUsers: 0 });
    expect(timeToConfirm.p50Ms).toBeLessThanOrEqual(timeToConfirm.p95Ms);
    expect(rest).toEqual({
      timeZone: 'UTC',
      totalSessions: 4,
      confirmedSessions: 2,
      uniqueUsers: 1,
      conversionRate: 0.5,
      funnel: { requested: 4, confirmed: 2, used: 1, cancelled: 1, expired: 0, pending: 1 },
      previous: { totalSessions: 0, confirmedSessions: 0, uniqueUsers: 0, conversionRate: null },
    });
  });

  test('a secret key sees its own environment, also through the project', async () => {
    const selected = 'totalSessions uniqueUsers funnel { pending }';
    const headers = { 'x-api-key': project.production.secret };
    expect(await read(ofProject(selected), { headers, cookie: undefined })).toEqual({
      totalSessions: 3,
      uniqueUsers: 1,
      funnel: { pending: 0 },
    });
  });

  test('what there was none of is null, and no rate of nothing', async () => {
    const range = 'range: { from: "2001-01-01", to: "2001-01-01", timeZone: "Asia/Kathmandu" }';
    expect(await read(ofProject(everything, range))).toEqual({
      from: '2001-01-01',
      to: '2001-01-01',
      timeZone: 'Asia/Kathmandu',
      totalSessions: 0,
      confirmedSessions: 0,
      uniqueUsers: 0,
      conversionRate: null,
      timeToConfirm: null,
      funnel: { requested: 0, confirmed: 0, used: 0, cancelled: 0, expired: 0, pending: 0 },
      daily: [{ date: '2001-01-01', sessions: 0, confirmed: 0, uniqueUsers: 0 }],
      previous: { totalSessions: 0, confirmedSessions: 0, uniqueUsers: 0, conversionRate: null },
    });
  });
});

describe('statements', () => {
  const count = async (query: string) => (await watch.during(() => read(query))).statements.length;
  /** What finding the project and who asks takes anyway. */
  let others: number;
  beforeAll(async () => {
    others = await count(ofProject('timeZone'));
  });

  test.each([
    ['totalSessions', 1],
    ['totalSessions confirmedSessions funnel { pending } previous { totalSessions }', 1],
    ['conversionRate daily { date sessions confirmed }', 1],
    ['timeToConfirm { p50Ms p95Ms }', 1],
    ['uniqueUsers', 1],
    ['uniqueUsers previous { uniqueUsers }', 1],
    [everything, 4],
  ])('%s takes %i', async (selected, expected) => {
    expect(await count(ofProject(selected))).toBe(others + expected);
  });

  test('users are counted only where they are asked for', async () => {
    const counted = async (selected: string) => {
      const { statements } = await watch.during(() => read(ofProject(selected)));
      return statements.some(({ text }) => text.includes('subject_key'));
    };
    expect(await counted(everything.replaceAll('uniqueUsers', ''))).toBe(false);
    expect(await counted('uniqueUsers')).toBe(true);
  });

  const all = `analytics(range: { days: 366 }) { ${everything} }`;
  const sums = all.replace(/daily .*/, '').replaceAll('uniqueUsers', '');
  test.each([
    `projects(first: 10) { edges { node { ${all} } } }`,
    `projects { edges { node { environments { ${sums} } } } }`,
  ])('a page of projects takes as many as one project', async (page) => {
    const countPage = async () => {
      const owner = { cookie: project.owner.token };
      return (await watch.during(() => server.graphql(`{ ${page} }`, {}, owner))).statements.length;
    };
    const one = await countPage();
    await createTestProject(server.tools, project.owner);
    expect(await countPage()).toBe(one);
  });
});

describe('what is no range', () => {
  const fail = async (range: string) => {
    const cookie = project.owner.token;
    const { status, json } = await server.post(
      ofProject('totalSessions', range),
      { id: project.id },
      { cookie },
    );
    const [{ path, extensions }] = json.errors;
    const { requestId: _, ...rest } = extensions;
    return { status, data: json.data, path, ...rest };
  };

  test('is a fault that names field and rule', async () => {
    expect(await fail('range: { days: 367, timeZone: "Mars/Olympus" }')).toEqual({
      status: 200,
      data: { project: null },
      path: ['project', 'analytics'],
      code: 'VALIDATION_FAILED',
      issues: [
        { path: ['range', 'days'], message: 'Must be between 1 and 366.' },
        {
          path: ['range', 'timeZone'],
          message: 'Must be the name of an IANA time zone, like Europe/Berlin.',
        },
      ],
    });
  });

  test('a day that is not in the calendar is wrong GraphQL, which names the field too', async () => {
    const { json } = await server.post(
      'query ($id: ID!, $range: AnalyticsRange!) { project(id: $id) { analytics(range: $range) { to } } }',
      { id: project.id, range: { from: '2026-02-30', to: '2026-03-01' } },
      { cookie: project.owner.token },
    );
    expect(json.errors).toMatchObject([
      {
        message: 'range.from: Date cannot represent an invalid date-string 2026-02-30.',
        extensions: { code: 'GRAPHQL_INVALID' },
      },
    ]);
  });
});
