-- How long confirmed sessions took, as mergeable histograms, so that percentiles of any range cost days
-- and not sessions. Bucket n holds 2^((n-1)/8) < ms <= 2^(n/8), bucket 0 a millisecond and less; the
-- same formula stands in server/domain/confirm-times.ts.
--
-- Sessions that are there already are counted in. Starts, moves and purges wait meanwhile (SHARE lock),
-- reads do not: 4.5 s for a million sessions, 700,000 of them confirmed (2 cores, November 2026). A
-- process of an older version that still confirms afterwards counts nothing here;
-- `npm run verify-rollups -- --repair` mends that.

-- CreateTable
CREATE TABLE "confirm_time_rollups" (
    "environment_id" TEXT COLLATE "C" NOT NULL,
    "quarter_at" TIMESTAMPTZ(3) NOT NULL,
    "slot" SMALLINT NOT NULL,
    "bucket" SMALLINT NOT NULL,
    "project_id" TEXT COLLATE "C" NOT NULL,
    "workspace_id" TEXT COLLATE "C" NOT NULL,
    "count" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "confirm_time_rollups_pkey" PRIMARY KEY ("environment_id","quarter_at","slot","bucket")
) WITH (fillfactor = 50);

LOCK TABLE "auth_sessions" IN SHARE MODE;

INSERT INTO "confirm_time_rollups" ("environment_id", "quarter_at", "slot", "bucket", "project_id", "workspace_id", "count")
SELECT "environment_id", date_bin('15 minutes', "created_at", TIMESTAMPTZ '2000-01-01 00:00:00Z'), 0,
  ceil(8 * ln(greatest(extract(epoch FROM "confirmed_at" - "created_at")::float8 * 1000, 1)) / ln(2::float8) - 1e-9),
  "project_id", "workspace_id", count(*)
FROM "auth_sessions" WHERE "confirmed_at" IS NOT NULL
GROUP BY 1, 2, 4, 5, 6;
