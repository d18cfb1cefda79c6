import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { AuthSessionStatus, Channel, LogLevel } from '../../prisma/generated/enums.ts';
import {
  type ActivityScope,
  environmentScope,
  projectScope,
  workspaceScope,
} from '../../server/domain/activity-scope.ts';
import type { SessionFilter } from '../../server/domain/auth-sessions/filter.ts';
import { sessionList } from '../../server/domain/auth-sessions/list.ts';
import type { Call } from '../../server/domain/call.ts';
import { newId } from '../../server/domain/ids.ts';
import type { Connection, PageInput } from '../../server/domain/keyset.ts';
import type { LogFilter } from '../../server/domain/logs/filter.ts';
import { logList } from '../../server/domain/logs/list.ts';
import { logTypes } from '../../server/domain/logs/types.ts';
import { type PagedList, type ReadLimits, readPage } from '../../server/domain/read-page.ts';
import { callAs } from '../support/call.ts';
import { placesOf } from '../support/history.ts';
import { addMember, callOf } from '../support/people.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import {
  filterOf,
  insertLogs,
  insertSessions,
  instant,
  isLogMeant,
  isSessionMeant,
  type LogRow,
  logRow,
  type Place,
  type Reader,
  type SessionRow,
  seenBy,
  sessionIds,
  sessionRow,
  subjects,
  userIds,
  words,
} from '../support/random-activity.ts';
import { callWithKey, setUpTools } from '../support/setup.ts';

const tools = await setUpTools();
/** To be set to what a failure says. */
const rowsSeed = Date.now() % 1_000_000;
let shop: TestProject;
let other: TestProject;
let keyIds: string[] = [];
const readers: { call: Call; reader: Reader }[] = [];
let logs: LogRow[] = [];
let sessions: SessionRow[] = [];

beforeAll(async () => {
  shop = await createTestProject(tools);
  other = await createTestProject(tools, shop.owner);
  const stranger = await createTestProject(tools);
  const { workspaceId } = shop;
  const server = await callWithKey(tools, shop.production.secret);
  const own = server.actor.kind === 'apiKey' ? server.actor.key.id : '';
  keyIds = [own, newId('apiKey')];

  await tools.db.logEntry.deleteMany();
  const gone = { workspaceId, projectId: shop.id, environmentId: newId('environment') };
  const places: Place[] = [
    ...[shop, other, stranger].flatMap(placesOf),
    gone,
    { workspaceId, projectId: shop.id, environmentId: null },
    { workspaceId, projectId: null, environmentId: null },
  ];
  for (const [n, place] of places.entries()) {
    const seed = rowsSeed + n;
    await insertLogs(tools.db, fc.sample(logRow(place, keyIds), { numRuns: 60, seed }));
    const { projectId, environmentId } = place;
    if (projectId === null || environmentId === null) continue;
    const arbitrary = sessionRow(
      { workspaceId: place.workspaceId, projectId, environmentId },
      keyIds,
    );
    await insertSessions(tools.db, fc.sample(arbitrary, { numRuns: 60, seed }));
  }
  const live = { OR: [{ environmentId: null }, { environmentId: { not: gone.environmentId } }] };
  logs = newestFirst(await tools.db.logEntry.findMany({ where: live }), ({ at }) => at);
  sessions = newestFirst(
    await tools.db.authSession.findMany({
      where: { environmentId: { not: gone.environmentId } },
    }),
    ({ createdAt }) => createdAt,
  );

  const viewer = await addMember(tools, workspaceId, 'VIEWER');
  readers.push(
    { call: callAs(tools, shop.owner.actor), reader: { sees: 'all' } },
    { call: await callOf(tools, viewer), reader: { sees: 'all but invited addresses' } },
    { call: server, reader: { key: own } },
  );
});

function newestFirst<Row extends { id: string }>(
  rows: Row[],
  instantOf: (row: Row) => Date,
): Row[] {
  const time = (row: Row) => instantOf(row).getTime();
  return rows.sort((a, b) => time(b) - time(a) || (a.id < b.id ? 1 : -1));
}

interface Scope {
  name: 'workspace' | 'project' | 'environment';
  has(place: Place): boolean;
  of(call: Call): ActivityScope;
}
const scopes: Scope[] = [
  {
    name: 'workspace',
    has: ({ workspaceId }) => workspaceId === shop.workspaceId,
    of: (call) => workspaceScope(call, shop.workspaceId),
  },
  {
    name: 'project',
    has: ({ projectId }) => projectId === shop.id,
    of: (call) => projectScope(call, shop.id),
  },
  {
    name: 'environment',
    has: ({ environmentId }) => environmentId === shop.production.id,
    of: (call) => environmentScope(call, shop.production.id),
  },
];
const mayRead = (place: Place, reader: Reader) =>
  'sees' in reader || place.environmentId === shop.production.id;

/** All ids of a list, page by page, in the order in which they came. */
async function walk<Row extends { id: string }>(
  list: PagedList<Row>,
  { size, backward, limits }: { size: number; backward: boolean; limits: ReadLimits },
): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null = null; ; ) {
    const page: PageInput = backward
      ? { last: size, before: cursor }
      : { first: size, after: cursor };
    const read: Connection<Row> = await readPage(tools.db, list, page, limits);
    const { edges, pageInfo, searchedUntil } = read;
    expect(edges.length).toBeLessThanOrEqual(size);
    const found = edges.map(({ node }) => node.id);
    ids.push(...(backward ? found.reverse() : found));
    const goesOn: boolean = backward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage;
    if (searchedUntil !== null) expect(goesOn).toBe(true);
    if (!goesOn) return ids;
    if (searchedUntil === null) expect(edges).toHaveLength(size);
    cursor = backward ? pageInfo.startCursor : pageInfo.endCursor;
    expect(cursor).not.toBeNull();
  }
}

const some = <T>(...values: T[]) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1 });
const common = (ids: string[]) => ({
  projectIds: some(shop.id, other.id, newId('project')),
  apiKeyId: fc.constantFrom(...ids),
  subjectId: fc.constantFrom('anna', '17', 'nobody', ...subjects),
  channel: fc.constantFrom(...Object.values(Channel)),
  from: instant,
  to: instant,
  search: fc.constantFrom('A', 'über', '"note": "', 'vite', ...words),
});
const walks = fc.record({
  size: fc.integer({ min: 1, max: 60 }),
  backward: fc.boolean(),
  // Few rows of each source and no time: nearly every page ends early.
  limits: fc.record({ rows: fc.integer({ min: 1, max: 30 }), ms: fc.constantFrom(0, 1_000) }),
});
const who = fc.integer({ min: 0, max: 2 });
const where = fc.constantFrom(...scopes);

describe('by pages of any size, in either direction, cut short or not, exactly what is meant comes', () => {
  test('of the log', async () => {
    const filters = filterOf<LogFilter>({
      ...common(keyIds),
      types: some(...Object.keys(logTypes).slice(0, 12), 'member.invited'),
      levels: some(...Object.values(LogLevel)),
      sessionId: fc.constantFrom(...sessionIds),
      actorId: fc.constantFrom(...userIds, ...keyIds),
    });
    await fc.assert(
      fc.asyncProperty(filters, walks, who, where, async (filter, way, index, scope) => {
        const { call, reader } = readers[index]!;
        const meant = logs
          .filter((row) => scope.has(row) && mayRead(row, reader))
          .flatMap((row) => seenBy(row, reader) ?? [])
          .filter((row) => isLogMeant(row, filter, reader))
          .map(({ id }) => id);
        const ids = await walk(logList(call, scope.of(call), filter), way);
        expect(ids, `rows of seed ${rowsSeed}`).toEqual(way.backward ? meant.reverse() : meant);
      }),
      { numRuns: 250 },
    );
  });

  test('of the sessions', async () => {
    const filters = filterOf<SessionFilter>({
      ...common(keyIds),
      statuses: some(...Object.values(AuthSessionStatus)),
    });
    await fc.assert(
      fc.asyncProperty(filters, walks, who, where, async (filter, way, index, scope) => {
        const { call, reader } = readers[index]!;
        const meant = sessions
          .filter((row) => scope.has(row) && mayRead(row, reader))
          .filter((row) => isSessionMeant(row, filter, reader, new Date()))
          .map(({ id }) => id);
        const ids = await walk(sessionList(call, scope.of(call), filter), way);
        expect(ids, `rows of seed ${rowsSeed}`).toEqual(way.backward ? meant.reverse() : meant);
      }),
      { numRuns: 250 },
    );
  });
}, 120_000);

test('of what was there when a walk began, all comes once while more arrives', async () => {
  const { call } = readers[0]!;
  const place = placesOf(shop)[0]!;
  const list = logList(call, workspaceScope(call, shop.workspaceId), { levels: ['INFO'] });
  const all = () => walk(list, { size: 50, backward: false, limits: { rows: 500, ms: 1_000 } });
  const before = await all();
  const seen: string[] = [];
  for (let after: string | null = null; ; ) {
    const { edges, pageInfo }: Connection<LogRow> = await readPage(
      tools.db,
      list,
      { first: 7, after },
      { rows: 3, ms: 0 },
    );
    seen.push(...edges.map(({ node }) => node.id));
    if (!pageInfo.hasNextPage) break;
    after = pageInfo.endCursor;
    // As new as the newest, so of the same instants as what is read.
    const rows = fc.sample(logRow(place, keyIds), 2);
    await insertLogs(
      tools.db,
      rows.map((row) => ({ ...row, level: 'INFO' as const })),
    );
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toEqual(expect.arrayContaining(before));
});

describe('what cannot be meant is refused by its field', () => {
  const noon = new Date('2026-10-25T12:00:00Z');
  const id = (kind: Parameters<typeof newId>[0]) => newId(kind);
  test.each<[object, string]>([
    [{ types: ['session.stated'] }, 'types.0'],
    [{ types: [] }, 'types'],
    [{ types: Array(51).fill('session.used') }, 'types'],
    [{ levels: [] }, 'levels'],
    [{ projectIds: [] }, 'projectIds'],
    [{ projectIds: [id('project'), id('environment')] }, 'projectIds.1'],
    [{ apiKeyId: id('authSession') }, 'apiKeyId'],
    [{ apiKeyId: 'x' }, 'apiKeyId'],
    [{ sessionId: id('apiKey') }, 'sessionId'],
    [{ actorId: id('project') }, 'actorId'],
    [{ subjectId: '' }, 'subjectId'],
    [{ subjectId: 'a\0b' }, 'subjectId'],
    [{ search: 'x'.repeat(201) }, 'search'],
    [{ search: '\ud800' }, 'search'],
    [{ from: noon, to: noon }, 'to'],
    [{ from: noon, to: new Date(noon.getTime() - 1) }, 'to'],
  ])('in the log: %o', (filter, path) => {
    const scope = scopes[0]!.of(readers[0]!.call);
    expect(() => logList(readers[0]!.call, scope, filter)).toThrow(
      expect.objectContaining({
        code: 'VALIDATION_FAILED',
        issues: [{ path: ['filter', ...path.split('.')], message: expect.any(String) }],
      }),
    );
  });

  test.each<[object, string]>([
    [{ statuses: [] }, 'statuses'],
    [{ apiKeyId: id('user') }, 'apiKeyId'],
    [{ projectIds: ['prj_'] }, 'projectIds.0'],
    [{ from: noon, to: noon }, 'to'],
  ])('among sessions: %o', (filter, path) => {
    const scope = scopes[0]!.of(readers[0]!.call);
    expect(() => sessionList(readers[0]!.call, scope, filter)).toThrow(
      expect.objectContaining({
        issues: [{ path: ['filter', ...path.split('.')], message: expect.any(String) }],
      }),
    );
  });

  test('a cursor of another list', async () => {
    const { call } = readers[0]!;
    const [scope] = scopes;
    const { pageInfo } = await readPage(tools.db, sessionList(call, scope!.of(call)), { first: 1 });
    const page = { after: pageInfo.endCursor };
    await expect(readPage(tools.db, logList(call, scope!.of(call)), page)).rejects.toMatchObject({
      issues: [{ path: ['after'] }],
    });
  });

  test('a search box with nothing in it restricts nothing', async () => {
    const { call } = readers[0]!;
    const scope = scopes[0]!.of(call);
    const { edges } = await readPage(tools.db, logList(call, scope, { search: ' ' }), {});
    expect(edges).toHaveLength(20);
  });
});
