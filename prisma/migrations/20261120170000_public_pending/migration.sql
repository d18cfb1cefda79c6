-- Counts the pending sessions of a project that were started without a secret key, of which there may be
-- so many. Locks nothing out: writes go on while it is built, by one scan of the sessions. It holds what is
-- pending and no more, and nothing that a secret key started.
CREATE INDEX CONCURRENTLY "auth_sessions_public_pending_idx" ON "auth_sessions" ("project_id", "expires_at")
  WHERE "status" = 'PENDING' AND "started_with" IN ('PUBLISHABLE_KEY', 'PROJECT_ID');
