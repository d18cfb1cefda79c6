-- Counts the pending sessions of a project that were started without a secret key, of which there may be
-- so many. It holds what is pending and no more, and nothing that a secret key started. Locks nothing out:
-- writes go on while it is built, 0.8 s for a million sessions (2 busy cores, November 2026), and longer
-- where a transaction is open for longer, a dump's too, since it waits for those that were open before it.
CREATE INDEX CONCURRENTLY "auth_sessions_public_pending_idx" ON "auth_sessions" ("project_id", "expires_at")
  WHERE "status" = 'PENDING' AND "started_with" IN ('PUBLISHABLE_KEY', 'PROJECT_ID');
