-- Indexes for the log and its filters, each newest first within a place: the environment of an entry;
-- outside any, its project; outside any, its workspace. (The migration of the sessions' filters says why
-- lists of more than one place merge them.) One expression for all three makes the same indexes serve
-- what happened to a workspace, and replaces the three that there were for unfiltered lists.
--
-- With those of the sessions they add to what PostgreSQL computes for each session: 18 µs to its start,
-- which took 24, and 45 to its confirmation and to its exchange, which took 26 each (batches of 200, on a
-- million sessions and a busy machine, November 2026). So none has more entries than it needs:
-- "session.started", one in three of all, is not in the one by type, since it is soon found among the
-- others; INFO not in the one by level; and in the one by actor only what the key of the entry did not do
-- itself, which the index by key has already.
--
-- Locks log_entries against writes meanwhile: 20 to 80 s on 2.7 million rows (2 cores, November 2026).
-- Who has many millions makes them beforehand, CONCURRENTLY and by these names; they are passed over.

CREATE INDEX IF NOT EXISTS "log_entries_place_idx" ON "log_entries"
  (coalesce("environment_id", "project_id", "workspace_id"), "at", "id");
DROP INDEX "log_entries_environment_id_at_id_idx";
DROP INDEX "log_entries_project_idx";
DROP INDEX "log_entries_workspace_idx";

CREATE INDEX IF NOT EXISTS "log_entries_type_idx" ON "log_entries"
  (coalesce("environment_id", "project_id", "workspace_id"), "type", "at", "id")
  WHERE "type" <> 'session.started';

CREATE INDEX IF NOT EXISTS "log_entries_level_idx" ON "log_entries"
  (coalesce("environment_id", "project_id", "workspace_id"), "level", "at", "id")
  WHERE "level" <> 'INFO';

CREATE INDEX IF NOT EXISTS "log_entries_key_idx" ON "log_entries"
  (coalesce("environment_id", "project_id", "workspace_id"), "api_key_id", "at", "id")
  WHERE "api_key_id" IS NOT NULL;

-- By the subject's id, without its provider.
CREATE INDEX IF NOT EXISTS "log_entries_subject_idx" ON "log_entries"
  (coalesce("environment_id", "project_id", "workspace_id"),
    substr("subject_key", strpos("subject_key", ':') + 1), "at", "id")
  WHERE "subject_key" IS NOT NULL;

CREATE INDEX IF NOT EXISTS "log_entries_channel_idx" ON "log_entries"
  (coalesce("environment_id", "project_id", "workspace_id"), "channel", "at", "id")
  WHERE "channel" IS NOT NULL;

CREATE INDEX IF NOT EXISTS "log_entries_actor_idx" ON "log_entries"
  (coalesce("environment_id", "project_id", "workspace_id"), "actor_id", "at", "id")
  WHERE "actor_id" IS NOT NULL AND "actor_id" IS DISTINCT FROM "api_key_id";
