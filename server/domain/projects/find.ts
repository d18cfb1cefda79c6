import { z } from 'zod';
import type { Prisma, Project } from '../../../prisma/generated/client.ts';
import { readableProjects } from '../access.ts';
import type { Call } from '../call.ts';
import { kindOfId } from '../ids.ts';
import { type Connection, type PageInput, recordPage } from '../keyset.ts';
import { gathered } from '../load.ts';
import { storableText, validate } from '../validation.ts';

/** The project, if the actor may see it; null otherwise. */
export async function findProject<Args extends Prisma.ProjectDefaultArgs>(
  call: Call,
  id: string,
  query?: Args,
): Promise<Prisma.ProjectGetPayload<Args> | null> {
  if (kindOfId(id) !== 'project') return null;
  return call.db.project.findFirst({
    ...query,
    where: { id, AND: readableProjects(call) },
  }) as Promise<Prisma.ProjectGetPayload<Args> | null>;
}

export interface ProjectFilter {
  workspaceId?: string | null;
  /** Part of the name, in any case. */
  search?: string | null;
}

const filterRules = z.object({ search: storableText(100).nullish() });

/**
 * The projects that the actor may see, of this workspace, with this name; newest first.
 *
 * @throws {ValidationError} the search, a cursor or a page size is not one
 */
export async function listProjects(
  call: Call,
  page: PageInput,
  filter: ProjectFilter,
): Promise<Connection<Project>> {
  const { search } = validate(filterRules, filter);
  const { workspaceId } = filter;
  const conditions: Prisma.ProjectWhereInput[] = [readableProjects(call)];
  // A malformed id names nothing.
  if (workspaceId != null) {
    conditions.push({ workspaceId: kindOfId(workspaceId) === 'workspace' ? workspaceId : '' });
  }
  if (search) {
    // Prisma makes it a LIKE, and leaves the signs that LIKE reads in it.
    const contains = search.replace(/[\\%_]/g, '\\$&');
    conditions.push({ name: { contains, mode: 'insensitive' } });
  }
  const { query, connectRows } = recordPage(page);
  const where = { AND: [...conditions, ...query.where.AND] };
  return connectRows(await call.db.project.findMany({ ...query, where }));
}

/** Like findProject, many in one statement. */
export const loadProject = gathered(
  (call, ids) =>
    call.db.project.findMany({ where: { id: { in: [...ids] }, AND: readableProjects(call) } }),
  ({ id }) => id,
);
