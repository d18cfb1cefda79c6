import { z } from 'zod';
import { environmentOfKey, mayReadBeyondOwnName } from '../access.ts';
import {
  type ActivityScope,
  environmentScope,
  projectScope,
  workspaceScope,
} from '../activity-scope.ts';
import { sessionFilterFields } from '../auth-sessions/filter.ts';
import { sessionList } from '../auth-sessions/list.ts';
import type { Call } from '../call.ts';
import { findEnvironment } from '../environments/find.ts';
import { ForbiddenError, NotFoundError, UnauthenticatedError } from '../errors.ts';
import type { Place } from '../keyset.ts';
import { logFilterFields } from '../logs/filter.ts';
import { logList } from '../logs/list.ts';
import { findProject } from '../projects/find.ts';
import { countUpTo, type PagedList, readOn } from '../read-page.ts';
import { invalid, validate } from '../validation.ts';
import { findWorkspace } from '../workspaces/find.ts';
import { type Column, logColumns, sessionExportColumns } from './columns.ts';
import { contentTypes, type ExportFormat, exportFormats, headOf, rowsIn } from './format.ts';

export type Exported = 'logs' | 'sessions';

/** A list as a file. */
export interface Export {
  fileName: string;
  contentType: string;
  /** How many rows there will be, but for what comes and goes meanwhile; null: not known. */
  total: number | null;
  /** The text, read as it is asked for. Holds no connection in between. */
  chunks: AsyncGenerator<string, void>;
}

/** Rows that are read at once: some 300 KB of text. */
const batchSize = 1_000;
/** Up to here counting takes 50 ms or so. */
const countMax = 50_000;

const instant = z.iso
  .datetime({ offset: true, error: 'Must be an instant, such as 2026-11-20T08:00:00Z.' })
  .transform((text) => new Date(text))
  .nullish();
const range = { from: instant, to: instant };

const rulesOf = <Filter extends z.ZodRawShape>(filterFields: Filter) =>
  z.strictObject({
    workspaceId: z.string().nullish(),
    projectId: z.string().nullish(),
    environmentId: z.string().nullish(),
    filter: z.strictObject({ ...filterFields, ...range }).nullish(),
    format: z.enum(exportFormats, `Must be one of ${exportFormats.join(', ')}.`),
  });
const rules = { logs: rulesOf(logFilterFields), sessions: rulesOf(sessionFilterFields) };

/**
 * Opens the rows of a filter, newest first: those and in the order that its pages show.
 *
 * @param input JSON: one of workspaceId, projectId and environmentId, or with an API key none; `filter`
 *   as in GraphQL; `format`
 * @throws {UnauthenticatedError} nobody asks
 * @throws {ForbiddenError} a publishable key asks
 * @throws {ValidationError} @throws {NotFoundError} there is no such place
 */
export async function openExport(call: Call, what: Exported, input: unknown): Promise<Export> {
  if (call.actor.kind === 'nobody') {
    throw new UnauthenticatedError(
      'An export takes a secret key, an access token or a signed-in user.',
    );
  }
  if (!mayReadBeyondOwnName(call.actor)) {
    throw new ForbiddenError('A publishable key may not export anything.');
  }
  return what === 'logs' ? openLogs(call, input) : openSessions(call, input);
}

async function openLogs(call: Call, input: unknown): Promise<Export> {
  const { filter, format, ...ids } = validate(rules.logs, input);
  const find = () => findScope(call, ids);
  const { scope, id } = await find();
  const list = logList(call, scope, filter);
  return fileOf(call, { list, columns: logColumns(call), check: find, format, name: `logs-${id}` });
}

async function openSessions(call: Call, input: unknown): Promise<Export> {
  const { filter, format, ...ids } = validate(rules.sessions, input);
  const find = () => findScope(call, ids);
  const { scope, id } = await find();
  const list = sessionList(call, scope, filter);
  const columns = sessionExportColumns(call);
  return fileOf(call, { list, columns, check: find, format, name: `sessions-${id}` });
}

interface ScopeIds {
  workspaceId?: string | null;
  projectId?: string | null;
  environmentId?: string | null;
}

async function findScope(
  call: Call,
  { workspaceId, projectId, environmentId }: ScopeIds,
): Promise<{ scope: ActivityScope; id: string }> {
  const given = [workspaceId, projectId, environmentId].filter((id) => id != null);
  const own = environmentOfKey(call.actor);
  if (given.length > 1 || (given.length === 0 && own === null)) {
    invalid('environmentId', 'Give exactly one of workspaceId, projectId and environmentId.');
  }
  if (workspaceId != null) {
    if (!(await findWorkspace(call, workspaceId))) throw new NotFoundError('The workspace');
    return { scope: workspaceScope(call, workspaceId), id: workspaceId };
  }
  if (projectId != null) {
    if (!(await findProject(call, projectId))) throw new NotFoundError('The project');
    return { scope: projectScope(call, projectId), id: projectId };
  }
  const id = environmentId ?? own!;
  if (!(await findEnvironment(call, id))) throw new NotFoundError('The environment');
  return { scope: environmentScope(call, id), id };
}

interface File<Row extends { id: string }> {
  list: PagedList<Row>;
  columns: Column<Row>[];
  /** Throws where the place may no longer be read. */
  check(): Promise<unknown>;
  format: ExportFormat;
  name: string;
}

async function fileOf<Row extends { id: string }>(
  { db }: Call,
  { list, columns, check, format, name }: File<Row>,
): Promise<Export> {
  async function* chunks(): AsyncGenerator<string, void> {
    yield headOf(format, columns);
    let after: Place | null = null;
    do {
      // It may be gone, or no longer theirs to see: then a part must not pass for the whole.
      if (after !== null) await check();
      const batch: { rows: Row[]; next: Place | null } = await readOn(db, list, after, batchSize);
      after = batch.next;
      yield rowsIn(format, columns, batch.rows);
    } while (after !== null);
  }
  return {
    // Ids are letters, digits and underscores: safe in every file system, and in a header.
    fileName: `latchkey-${name}.${format}`,
    contentType: contentTypes[format],
    total: await countUpTo(db, list, countMax),
    chunks: chunks(),
  };
}
