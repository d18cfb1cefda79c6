-- The events that have a subject, by the subject's id, so that erasing somebody finds what waits or was
-- given up for longer than their session and its log are kept.
--
-- Without it an erasure would read every event of the environment, 1.6 s for a million of 1 KB that are all
-- in memory. With it, storing an event that has a subject takes about 10 µs more, and giving it its
-- deliveries as much again; it is a fourteenth of the table's size (2 cores, November 2026).
--
-- Locks outbox_events against writes, and so whatever changes sessions, meanwhile: 2 s on a million rows.
-- Who has many millions makes it beforehand, CONCURRENTLY and by this name; it is passed over here.

CREATE INDEX IF NOT EXISTS "outbox_events_subject_idx" ON "outbox_events"
  ("environment_id", ("data" #>> '{session,subject,id}'))
  WHERE "data" #>> '{session,subject,id}' IS NOT NULL;
