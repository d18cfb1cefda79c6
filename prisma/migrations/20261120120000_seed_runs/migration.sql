-- How far each run of `npm run seed` has come, so that one which was broken off goes on where it
-- stopped: the count rises in the transaction that writes the sessions it counts.
-- Locks `workspaces` for the moment in which the foreign key is added; takes milliseconds.

-- CreateTable
CREATE TABLE "seed_runs" (
    "workspace_id" TEXT COLLATE "C" NOT NULL,
    "project_id" TEXT COLLATE "C" NOT NULL,
    "seed" TEXT NOT NULL,
    "sessions" INTEGER NOT NULL,
    "days" INTEGER NOT NULL,
    "sessions_done" INTEGER NOT NULL DEFAULT 0,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "seed_runs_pkey" PRIMARY KEY ("workspace_id","project_id","seed","sessions","days")
);

-- AddForeignKey
ALTER TABLE "seed_runs" ADD CONSTRAINT "seed_runs_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- ── What Prisma's schema cannot say ─────────────────────────────────────────────────────────────

-- Never more than was asked for, and over only when all of it is there.
ALTER TABLE "seed_runs" ADD CONSTRAINT "seed_runs_sessions_done_check"
  CHECK ("sessions_done" BETWEEN 0 AND "sessions" AND ("finished_at" IS NULL OR "sessions_done" = "sessions"));
