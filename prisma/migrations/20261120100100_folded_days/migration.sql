-- Where counts go once their day (UTC) is over: one row for each environment and day instead of a row
-- for each quarter hour and slot, so that a year of analytics reads 366 rows, however many sessions
-- there were. A job moves them; nothing needs to be moved here. Locks nothing, takes milliseconds.

-- CreateTable
CREATE TABLE "session_days" (
    "environment_id" TEXT COLLATE "C" NOT NULL,
    "day" DATE NOT NULL,
    "project_id" TEXT COLLATE "C" NOT NULL,
    "workspace_id" TEXT COLLATE "C" NOT NULL,
    "started" INTEGER[],
    "confirmed" INTEGER[],
    "cancelled" INTEGER[],
    "expired" INTEGER[],
    "used" INTEGER[],

    CONSTRAINT "session_days_pkey" PRIMARY KEY ("environment_id","day")
);

-- CreateTable
CREATE TABLE "confirm_time_days" (
    "environment_id" TEXT COLLATE "C" NOT NULL,
    "day" DATE NOT NULL,
    "project_id" TEXT COLLATE "C" NOT NULL,
    "workspace_id" TEXT COLLATE "C" NOT NULL,
    "buckets" SMALLINT[],
    "counts" INTEGER[],
    "places" SMALLINT[],
    "place_counts" INTEGER[],

    CONSTRAINT "confirm_time_days_pkey" PRIMARY KEY ("environment_id","day")
);

-- A day has 96 quarter hours, and each list one number for each of them.
ALTER TABLE "session_days" ADD CONSTRAINT "session_days_quarters_check" CHECK (
  num_nulls("started", "confirmed", "cancelled", "expired", "used") = 0
  AND cardinality("started") = 96 AND cardinality("confirmed") = 96 AND cardinality("cancelled") = 96
  AND cardinality("expired") = 96 AND cardinality("used") = 96);

-- Each count belongs to a bucket, or to a quarter hour and a bucket.
ALTER TABLE "confirm_time_days" ADD CONSTRAINT "confirm_time_days_pairs_check" CHECK (
  num_nulls("buckets", "counts", "places", "place_counts") = 0
  AND cardinality("buckets") = cardinality("counts") AND cardinality("places") = cardinality("place_counts"));
