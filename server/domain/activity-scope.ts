import { environmentOfKey, mayReadBeyondOwnName } from './access.ts';
import type { Call } from './call.ts';

/**
 * Whose sessions, logs and counts are meant: an environment's, or all of a project's. The project or
 * environment was found to be readable before; a key still sees its own environment only.
 */
export interface ActivityScope {
  /** Set where entries of the project outside any environment belong to it too. */
  projectId: string | null;
  /** SQL for the ids of the live environments of the scope, as `id`. */
  environmentsSql(bind: (value: unknown) => string): string;
}

export function projectScope(call: Call, projectId: string): ActivityScope {
  const own = environmentOfKey(call.actor);
  return {
    projectId: own ? null : projectId,
    environmentsSql: (bind) =>
      own
        ? `SELECT id FROM environments WHERE project_id = ${bind(projectId)} AND id = ${bind(own)}`
        : `SELECT id FROM environments WHERE project_id = ${bind(projectId)}`,
  };
}

export function environmentScope(call: Call, environmentId: string): ActivityScope {
  const own = environmentOfKey(call.actor) ?? environmentId;
  return {
    projectId: null,
    environmentsSql: (bind) =>
      `SELECT id FROM environments WHERE id = ${bind(environmentId)} AND id = ${bind(own)} AND ${mayReadBeyondOwnName(call.actor)}`,
  };
}
