-- Webhooks: deliveries with their attempts, secrets of endpoints, and how endpoints fare.
--
-- Until now nothing could make an endpoint, so webhook_endpoints and outbox_events are empty: the
-- changes to both take their ACCESS EXCLUSIVE lock for a moment, which session writes wait for, and no
-- time that grows with rows. Processes of the version before go on writing sessions meanwhile. The
-- rest is new tables.

CREATE TYPE "delivery_status" AS ENUM ('PENDING', 'DELIVERED', 'FAILED');

ALTER TABLE "outbox_events" ALTER COLUMN "session_id" DROP NOT NULL,
ADD COLUMN "fanned_out_at" TIMESTAMPTZ(3);

ALTER TABLE "webhook_endpoints" ADD COLUMN "disabled_reason" TEXT,
ADD COLUMN "missed_until" TIMESTAMPTZ(3),
ADD COLUMN "version" INTEGER NOT NULL DEFAULT 1;

CREATE TABLE "webhook_secrets" (
    "id" TEXT COLLATE "C" NOT NULL,
    "endpoint_id" TEXT COLLATE "C" NOT NULL,
    "secret" BYTEA NOT NULL,
    "master_key_id" TEXT COLLATE "C" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "ends_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_secrets_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "webhook_health" (
    "endpoint_id" TEXT COLLATE "C" NOT NULL,
    "consecutive_failures" INTEGER NOT NULL DEFAULT 0,
    "failing_since" TIMESTAMPTZ(3),
    "last_success_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_health_pkey" PRIMARY KEY ("endpoint_id")
) WITH (fillfactor = 50);

-- Each row is written three times within a second of its life and then seldom again: room on the page
-- for the claim, and a vacuum that comes before the queue's indexes are mostly of what is done.
CREATE TABLE "webhook_deliveries" (
    "id" TEXT COLLATE "C" NOT NULL,
    "event_id" TEXT COLLATE "C" NOT NULL,
    "endpoint_id" TEXT COLLATE "C" NOT NULL,
    "workspace_id" TEXT COLLATE "C" NOT NULL,
    "project_id" TEXT COLLATE "C" NOT NULL,
    "environment_id" TEXT COLLATE "C" NOT NULL,
    "session_id" TEXT COLLATE "C",
    "event_type" TEXT NOT NULL,
    "status" "delivery_status" NOT NULL DEFAULT 'PENDING',
    "queued" BOOLEAN NOT NULL DEFAULT false,
    "tries" SMALLINT NOT NULL DEFAULT 0,
    "attempts" JSONB NOT NULL DEFAULT '[]',
    "next_attempt_at" TIMESTAMPTZ(3),
    "lease" INTEGER NOT NULL DEFAULT 0,
    "locked_until" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("id")
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);

-- CreateIndex
CREATE INDEX "outbox_events_environment_id_session_id_idx" ON "outbox_events"("environment_id", "session_id");

-- CreateIndex
CREATE INDEX "webhook_secrets_endpoint_id_idx" ON "webhook_secrets"("endpoint_id");

-- CreateIndex
CREATE UNIQUE INDEX "webhook_deliveries_event_id_endpoint_id_key" ON "webhook_deliveries"("event_id", "endpoint_id");

-- CreateIndex
CREATE INDEX "webhook_deliveries_endpoint_id_status_created_at_id_idx" ON "webhook_deliveries"("endpoint_id", "status", "created_at", "id");

-- AddForeignKey
ALTER TABLE "webhook_secrets" ADD CONSTRAINT "webhook_secrets_endpoint_id_fkey" FOREIGN KEY ("endpoint_id") REFERENCES "webhook_endpoints"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_health" ADD CONSTRAINT "webhook_health_endpoint_id_fkey" FOREIGN KEY ("endpoint_id") REFERENCES "webhook_endpoints"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- ── What Prisma's schema cannot say ─────────────────────────────────────────────────────────────

-- Events that have no deliveries yet.
CREATE INDEX "outbox_events_pending_idx" ON "outbox_events" ("created_at", "id") WHERE "fanned_out_at" IS NULL;

-- Never two current secrets of one endpoint.
CREATE UNIQUE INDEX "webhook_secrets_current_key" ON "webhook_secrets" ("endpoint_id") WHERE "ends_at" IS NULL;

-- What an endpoint is to be told next: in the order in which it is due, and of a replay in the order of
-- the events. A dead endpoint's retries lie beyond what is due, so nobody reads over them.
CREATE INDEX "webhook_deliveries_due_idx" ON "webhook_deliveries" ("endpoint_id", "next_attempt_at", "id")
  WHERE "status" = 'PENDING' AND NOT "queued";
CREATE INDEX "webhook_deliveries_queue_idx" ON "webhook_deliveries" ("endpoint_id", "created_at", "id")
  WHERE "status" = 'PENDING' AND "queued";
-- What holds back later events of the same session.
CREATE INDEX "webhook_deliveries_untried_idx" ON "webhook_deliveries" ("session_id", "endpoint_id")
  WHERE "status" = 'PENDING' AND "tries" = 0;

-- What waits has a time, and what is over has none.
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_next_attempt_check"
  CHECK (("status" = 'PENDING') = ("next_attempt_at" IS NOT NULL));
