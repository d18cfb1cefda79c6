-- Until when retention has removed an environment's sessions, whose counts stay: what started before
-- cannot be recounted, even where sessions are to be kept for longer from now on. Written by whatever
-- removes sessions, in the same statement. Locks environments for an instant; rewrites nothing.
ALTER TABLE "environments" ADD COLUMN "sessions_purged_before" TIMESTAMPTZ(3);
