import { beforeAll, describe, expect, test } from 'vitest';
import { cancelSession } from '../../server/domain/auth-sessions/cancel.ts';
import { confirmSession } from '../../server/domain/auth-sessions/confirm.ts';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import { csvLine } from '../../server/domain/exports/format.ts';
import { newId } from '../../server/domain/ids.ts';
import { askExport, parseCsv } from '../support/exports.ts';
import { addMember, giveToken } from '../support/people.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { type GraphQLOptions, startTestServer } from '../support/server.ts';
import { withKey } from '../support/session-api.ts';
import { callWithKey } from '../support/setup.ts';

const server = await startTestServer();
let project: TestProject;
let owner: GraphQLOptions;
let secretKey: GraphQLOptions;
beforeAll(async () => {
  project = await createTestProject(server.tools);
  owner = { cookie: project.owner.token };
  secretKey = withKey(project.production.secret);
  const call = await callWithKey(server.tools, project.production.secret);
  for (const name of ['=1+1', '+44 20', '-2', '@x', '\t=1', 'A "quoted", name\nof two lines', '']) {
    const { session } = await startSession(call, { metadata: { name } });
    await confirmSession(call, { sessionId: session.id, subject: { id: `u:${name}`, name } });
    const other = await startSession(call, {});
    await cancelSession(call, { sessionId: other.session.id, reason: name.trim() || 'none' });
  }
});

/** The nodes of all pages, three rows at a time. */
async function readPages(
  scope: 'workspace' | 'project' | 'environment',
  list: 'logs' | 'authSessions',
  filter: object,
  fields: string,
): Promise<Record<string, unknown>[]> {
  const nodes = [];
  const type = list === 'logs' ? 'LogFilter' : 'AuthSessionFilter';
  const id = idOf(scope);
  for (let after: string | null = null; ; ) {
    const data = await server.graphql(
      `query ($id: ID!, $after: String, $filter: ${type}) { ${scope}(id: $id) {
        page: ${list}(first: 3, after: $after, filter: $filter) {
          edges { node { ${fields} } } pageInfo { hasNextPage endCursor } } } }`,
      { id, after, filter },
      owner,
    );
    const { edges, pageInfo } = data[scope].page;
    for (const { node } of edges) nodes.push(node);
    if (!pageInfo.hasNextPage) return nodes;
    after = pageInfo.endCursor;
  }
}

const idOf = (scope: 'workspace' | 'project' | 'environment') =>
  ({
    workspace: project.workspaceId,
    project: project.id,
    environment: project.production.id,
  })[scope];

describe('an export has the rows of the pages of the same filter, in their order:', () => {
  const cases = [
    ['workspace', {}],
    ['project', {}],
    ['environment', {}],
    ['project', { search: '44' }],
    ['workspace', { from: '2000-01-01T00:00:00Z', to: '2100-01-01T02:00:00+02:00' }],
  ] as const;

  test.each([
    ...cases,
    ['workspace', { types: ['session.confirmed', 'project.created'] }],
    ['project', { subjectId: 'server:u:-2' }],
  ] as const)('the log of a %s by %o', async (scope, filter) => {
    const fields =
      'id at type message reason data actor { kind label } environment { id } requestId';
    const nodes = await readPages(scope, 'logs', filter, fields);
    expect(nodes.length).toBeGreaterThan(0);
    const body = { [`${scope}Id`]: idOf(scope), filter };
    const lines = await askExport(server, 'logs', { ...body, format: 'jsonl' }, owner);
    const rows = lines.text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
    expect(
      rows.map(({ actorKind, actorLabel, environmentId, ...row }) => ({
        ...Object.fromEntries(
          ['id', 'at', 'type', 'message', 'reason', 'data', 'requestId'].map((name) => [
            name,
            row[name],
          ]),
        ),
        actor: { kind: actorKind, label: actorLabel },
        environment: environmentId && { id: environmentId },
      })),
    ).toEqual(nodes);
    const csv = await askExport(server, 'logs', { ...body, format: 'csv' }, owner);
    const [, ...cells] = parseCsv(csv.text);
    expect(cells.map(([id]) => id)).toEqual(nodes.map(({ id }) => id));
  });

  test.each([...cases, ['environment', { statuses: ['CANCELLED', 'EXPIRED'] }]] as const)(
    'the sessions of a %s by %o',
    async (scope, filter) => {
      const fields = 'id status subject { id name } metadata reason createdAt cancelledAt';
      const nodes = await readPages(scope, 'authSessions', filter, fields);
      expect(nodes.length).toBeGreaterThan(0);
      const body = { [`${scope}Id`]: idOf(scope), filter };
      const { text } = await askExport(server, 'sessions', { ...body, format: 'jsonl' }, owner);
      const rows = text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line));
      expect(
        rows.map(({ id, status, metadata, reason, createdAt, cancelledAt, ...row }) => ({
          id,
          status,
          subject: row.subjectId === null ? null : { id: row.subjectId, name: row.subjectName },
          metadata,
          reason,
          createdAt,
          cancelledAt,
        })),
      ).toEqual(nodes);
      const csv = await askExport(server, 'sessions', { ...body, format: 'csv' }, owner);
      const [head, ...cells] = parseCsv(csv.text);
      expect(cells.map(([id]) => id)).toEqual(nodes.map(({ id }) => id));
      expect(head).toEqual(Object.keys(rows[0]));
    },
  );
});

test('a file says what it is, by a name that is safe, and how many rows it will have', async () => {
  const body = { environmentId: project.production.id, format: 'csv' };
  const { status, headers, text } = await askExport(server, 'sessions', body, owner);
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
  expect(headers.get('content-disposition')).toBe(
    `attachment; filename="latchkey-sessions-${project.production.id}.csv"`,
  );
  expect(headers.get('x-total-rows')).toBe('14');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('access-control-allow-credentials')).toBeNull();
  expect(parseCsv(text)).toHaveLength(15);
});

test('nor is a part of one, where a spreadsheet ends cells by other signs than commas', () => {
  expect(csvLine(['x;=1+1', 'a,\n=cmd|x', 'a;b'])).toBe(`x;'=1+1,"a,\n'=cmd|x",a;b\r\n`);
});

test('no cell is a formula to a spreadsheet, and JSON has every value as it is', async () => {
  const body = { environmentId: project.production.id, filter: { statuses: ['CONFIRMED'] } };
  const csv = await askExport(server, 'sessions', { ...body, format: 'csv' }, owner);
  const [head, ...rows] = parseCsv(csv.text);
  const column = head!.indexOf('subjectName');
  expect(rows.map((row) => row[column]).sort()).toEqual(
    ['', "'\t'=1", "'+44 20", "'-2", "'=1+1", "'@x", 'A "quoted", name\nof two lines'].sort(),
  );
  for (const cell of rows.flat()) expect(cell).not.toMatch(/^\s*[=+\-@\t\r]/);
  const jsonl = await askExport(server, 'sessions', { ...body, format: 'jsonl' }, owner);
  expect(jsonl.text).toContain('"subjectName":"=1+1"');
  expect(jsonl.headers.get('content-type')).toBe('application/jsonl; charset=utf-8');
});

describe('the credentials of GraphQL open it:', () => {
  const own = { format: 'jsonl' };
  const ofProduction = () => ({ environmentId: project.production.id, ...own });

  test('a secret key, which need not say where', async () => {
    const { status, text } = await askExport(server, 'logs', own, secretKey);
    expect(status).toBe(200);
    const rows = text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
    expect(new Set(rows.map(({ environmentId }) => environmentId))).toEqual(
      new Set([project.production.id]),
    );
    expect(new Set(rows.map(({ workspaceId }) => workspaceId))).toEqual(new Set([null]));
    expect(text).not.toContain(project.owner.email);
  });

  test('an access token that reads, alone or beside a key', async () => {
    const { token } = await giveToken(server.tools, project.owner, { scope: 'READ' });
    const headers = { authorization: `Bearer ${token}` };
    expect((await askExport(server, 'logs', ofProduction(), { headers })).status).toBe(200);
    const both = { ...headers, 'x-api-key': project.production.secret };
    expect((await askExport(server, 'logs', own, { headers: both })).status).toBe(200);
    const elsewhere = { environmentId: project.development.id, ...own };
    expect((await askExport(server, 'logs', elsewhere, { headers: both })).status).toBe(404);
  });

  test('the cookie of any member, from our own pages', async () => {
    const viewer = await addMember(server.tools, project.workspaceId, 'VIEWER');
    const cookie = viewer.token;
    expect((await askExport(server, 'logs', ofProduction(), { cookie })).status).toBe(200);
    const headers = { origin: server.url };
    expect((await askExport(server, 'logs', ofProduction(), { cookie, headers })).status).toBe(200);
  });

  test.each<[string, () => Promise<GraphQLOptions> | GraphQLOptions, number, string]>([
    ['nobody', () => ({}), 401, 'UNAUTHENTICATED'],
    ['a publishable key', () => withKey(project.production.publishableValue), 403, 'FORBIDDEN'],
    ['a key that is none', () => withKey(`sk_live_${'x'.repeat(49)}`), 401, 'UNAUTHENTICATED'],
    [
      'the cookie from another page',
      () => ({ ...owner, headers: { origin: 'https://evil.example' } }),
      403,
      'FORBIDDEN',
    ],
    [
      'an owner of something else',
      async () => ({ cookie: (await createTestProject(server.tools)).owner.token }),
      404,
      'NOT_FOUND',
    ],
    [
      'a key of something else',
      async () => withKey((await createTestProject(server.tools)).production.secret),
      404,
      'NOT_FOUND',
    ],
  ])('and not %s', async (_who, by, status, code) => {
    const reply = await askExport(server, 'sessions', ofProduction(), await by());
    expect(reply.status).toBe(status);
    expect(reply.json.errors).toEqual([
      {
        message: expect.any(String),
        extensions: expect.objectContaining({
          code,
          requestId: reply.headers.get('x-request-id'),
        }),
      },
    ]);
  });

  test('a key in the URL is nobody', async () => {
    const { status } = await server.send(`/export/logs?apiKey=${project.production.secret}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"format":"csv"}',
    });
    expect(status).toBe(401);
  });
});

describe('what cannot be meant is refused by its field, in the shape of GraphQL errors:', () => {
  const at = () => ({ environmentId: project.production.id, format: 'csv' });
  test.each<[unknown, string]>([
    ['{', ''],
    [[], ''],
    [{ environmentId: 'env_x' }, 'format'],
    [{ environmentId: 'env_x', format: 'xlsx' }, 'format'],
    [{ format: 'csv' }, 'environmentId'],
    [{ projectId: 'prj_x', environmentId: 'env_x', format: 'csv' }, 'environmentId'],
    [{ format: 'csv', environmentId: 'env_x', colour: 'red' }, ''],
  ])('%o', async (body, path) => {
    const { status, json } = await askExport(server, 'logs', body, owner);
    expect(status).toBe(400);
    const { code, issues } = json.errors[0].extensions;
    expect({ code, path: issues[0].path.join('.') }).toEqual({ code: 'VALIDATION_FAILED', path });
  });

  test.each<[object, string]>([
    [{ types: ['session.stated'] }, 'filter.types.0'],
    [{ from: 'yesterday' }, 'filter.from'],
    [{ from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }, 'filter.to'],
    [{ apiKeyId: newId('project') }, 'filter.apiKeyId'],
    [{ statuses: ['PENDING'] }, 'filter'],
  ])('the filter %o', async (filter, path) => {
    const { json } = await askExport(server, 'logs', { ...at(), filter }, owner);
    const { code, issues } = json.errors[0].extensions;
    expect({ code, path: issues[0].path.join('.') }).toEqual({ code: 'VALIDATION_FAILED', path });
  });

  test('another method, another type of body', async () => {
    const get = await server.send('/export/logs');
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
    const form = await server.send('/export/logs', {
      method: 'POST',
      body: new URLSearchParams({ format: 'csv' }),
    });
    expect(form.status).toBe(415);
    const preflight = await server.send('/export/logs', { method: 'OPTIONS' });
    expect(preflight.status).toBe(204);
  });
});
