import { z } from 'zod';
import type { Prisma, Project } from '../../../prisma/generated/client.ts';
import { readableProjects } from '../access.ts';
import type { Call } from '../call.ts';
import { kindOfId } from '../ids.ts';
import { gathered } from '../load.ts';
import { storableText, validate } from '../validation.ts';

/** Newest first. */
export const projectOrder = [
  { createdAt: 'desc' },
  { id: 'desc' },
] as const satisfies Prisma.ProjectOrderByWithRelationInput[];

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

/** The condition for the projects that the actor may see, of this workspace, with this name. */
export function projectsWhere(call: Call, filter: ProjectFilter): Prisma.ProjectWhereInput {
  const { search } = validate(filterRules, filter);
  const { workspaceId } = filter;
  return {
    AND: readableProjects(call),
    workspaceId: workspaceId == null ? undefined : workspaceId,
    name: search ? { contains: search.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' } : undefined,
  };
}

/** A page of projects, newest first. */
export async function listProjects(
  call: Call,
  filter: ProjectFilter,
  query: object,
): Promise<Project[]> {
  if (filter.workspaceId != null && kindOfId(filter.workspaceId) !== 'workspace') return [];
  return call.db.project.findMany({
    ...query,
    where: projectsWhere(call, filter),
    orderBy: [...projectOrder],
  });
}

/** Like findProject, many in one statement. */
export const loadProject = gathered(
  (call, ids) =>
    call.db.project.findMany({ where: { id: { in: [...ids] }, AND: readableProjects(call) } }),
  ({ id }) => id,
);
