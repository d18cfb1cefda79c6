/**
 * Where an entry belongs, by id: to an environment; outside any, to its project; outside any, to its
 * workspace. Every index of the log begins with this very expression, so that what happened to a
 * workspace is found no less quickly than the sessions of an environment.
 */
export const placeSql = (row: string) =>
  `coalesce(${row}.environment_id, ${row}.project_id, ${row}.workspace_id)`;
