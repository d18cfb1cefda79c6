-- Indexes for the filters of sessions: by status and channel, by key, by subject; each newest first.
--
-- All begin with the environment, as the one for unfiltered lists does. A project or a workspace reads
-- one page of each of its environments and merges them: what that costs follows their number, not the
-- sessions', whereas indexes by project and by workspace would make three of each of these, written with
-- every session. It also keeps rows of deleted environments, which still wait for their removal, out of
-- everybody's way.
--
-- Status and channel share an index. Only confirmed sessions have a channel; the others are in it as
-- SERVER, because an index is not in order of its later columns where an earlier one IS NULL.
-- There is none for subjects of unconfirmed sessions, or keys of sessions started without one.
--
-- Locks auth_sessions against writes meanwhile: 4 to 20 s on a million rows (2 cores, November 2026). Who
-- has many millions makes them beforehand, CONCURRENTLY and by these names; they are passed over here.

CREATE INDEX IF NOT EXISTS "auth_sessions_status_idx" ON "auth_sessions"
  ("environment_id", "status", coalesce("channel", 'SERVER'), "created_at", "id");

CREATE INDEX IF NOT EXISTS "auth_sessions_key_idx" ON "auth_sessions"
  ("environment_id", "api_key_id", "created_at", "id") WHERE "api_key_id" IS NOT NULL;

-- By the subject's id, without its provider.
CREATE INDEX IF NOT EXISTS "auth_sessions_subject_idx" ON "auth_sessions"
  ("environment_id", substr("subject_key", strpos("subject_key", ':') + 1), "created_at", "id")
  WHERE "subject_key" IS NOT NULL;
