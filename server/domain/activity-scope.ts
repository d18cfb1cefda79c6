import { environmentOfKey, mayReadBeyondOwnName } from './access.ts';
import type { Call } from './call.ts';
import type { Bind } from './filters.ts';

/**
 * Whose sessions, logs and counts are meant: an environment's, or all of a project's or a workspace's.
 * That was found to be readable before; a key still sees its own environment only.
 */
export interface ActivityScope {
  /** SQL for the ids of the live environments of the scope, as `id`. */
  environmentsSql(bind: Bind): string;
  /** The same for live projects whose entries outside any environment belong to it; null: none. */
  projectsSql: ((bind: Bind) => string) | null;
  /** The workspace whose entries outside any project belong to it. */
  workspaceId: string | null;
}

export function workspaceScope(call: Call, workspaceId: string): ActivityScope {
  const own = environmentOfKey(call.actor);
  const all = (
    bind: Bind,
  ) => `SELECT e.id FROM environments e JOIN projects p ON p.id = e.project_id
    WHERE p.workspace_id = ${bind(workspaceId)}`;
  if (own !== null) return onlyEnvironments((bind) => `${all(bind)} AND e.id = ${bind(own)}`);
  return {
    environmentsSql: all,
    projectsSql: (bind) => `SELECT id FROM projects WHERE workspace_id = ${bind(workspaceId)}`,
    workspaceId,
  };
}

export function projectScope(call: Call, projectId: string): ActivityScope {
  const own = environmentOfKey(call.actor);
  const all = (bind: Bind) => `SELECT id FROM environments WHERE project_id = ${bind(projectId)}`;
  if (own !== null) return onlyEnvironments((bind) => `${all(bind)} AND id = ${bind(own)}`);
  return {
    environmentsSql: all,
    projectsSql: (bind) => `SELECT id FROM projects WHERE id = ${bind(projectId)}`,
    workspaceId: null,
  };
}

export function environmentScope(call: Call, environmentId: string): ActivityScope {
  const own = environmentOfKey(call.actor) ?? environmentId;
  return onlyEnvironments(
    (bind) =>
      `SELECT id FROM environments WHERE id = ${bind(environmentId)} AND id = ${bind(own)} AND ${mayReadBeyondOwnName(call.actor)}`,
  );
}

function onlyEnvironments(environmentsSql: ActivityScope['environmentsSql']): ActivityScope {
  return { environmentsSql, projectsSql: null, workspaceId: null };
}

/** What of a scope belongs to these projects. */
export function withinProjects(scope: ActivityScope, projectIds: string[]): ActivityScope {
  const { environmentsSql, projectsSql } = scope;
  return {
    environmentsSql: (bind) =>
      `SELECT id FROM environments WHERE id IN (${environmentsSql(bind)}) AND project_id = ANY (${bind(projectIds)}::text[])`,
    projectsSql:
      projectsSql &&
      ((bind) =>
        `SELECT id FROM projects WHERE id IN (${projectsSql(bind)}) AND id = ANY (${bind(projectIds)}::text[])`),
    workspaceId: null,
  };
}

/**
 * The live environments of many scopes at once, as `scope_id` and `environment_id`.
 *
 * @param ids SQL for the ids of workspaces, projects and environments
 * @param only SQL for the id of the one environment that counts; null: all of them do
 */
export const scopesSql = (ids: string, only: string) => `
  SELECT s.scope_id, s.environment_id FROM (
    SELECT id AS scope_id, id AS environment_id FROM environments WHERE id = ANY (${ids})
    UNION ALL
    SELECT project_id, id FROM environments WHERE project_id = ANY (${ids})
    UNION ALL
    SELECT p.workspace_id, e.id FROM environments e JOIN projects p ON p.id = e.project_id
    WHERE p.workspace_id = ANY (${ids})
  ) s WHERE ${only}::text IS NULL OR s.environment_id = ${only}`;
