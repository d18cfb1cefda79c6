-- The first tables: people, projects with environments and keys, sessions with their counts, logs.
-- Locks nothing that anybody reads yet; takes well under a second on an empty database.
--
-- Ids are collated "C": they sort by time byte for byte, whatever the database's locale.
-- What Prisma's schema cannot say stands at the end, and test/platform/schema.test.ts holds it there.

-- CreateEnum
CREATE TYPE "role" AS ENUM ('OWNER', 'ADMIN', 'DEVELOPER', 'VIEWER');

-- CreateEnum
CREATE TYPE "access_token_scope" AS ENUM ('READ', 'WRITE');

-- CreateEnum
CREATE TYPE "environment_kind" AS ENUM ('PRODUCTION', 'STAGING', 'DEVELOPMENT', 'CUSTOM');

-- CreateEnum
CREATE TYPE "api_key_type" AS ENUM ('SECRET', 'PUBLISHABLE');

-- CreateEnum
CREATE TYPE "auth_session_status" AS ENUM ('PENDING', 'CONFIRMED', 'CANCELLED', 'EXPIRED', 'USED');

-- CreateEnum
CREATE TYPE "channel" AS ENUM ('SERVER', 'TELEGRAM', 'TEST');

-- CreateEnum
CREATE TYPE "started_with" AS ENUM ('SECRET_KEY', 'PUBLISHABLE_KEY', 'PROJECT_ID', 'USER');

-- CreateEnum
CREATE TYPE "log_level" AS ENUM ('INFO', 'WARN', 'ERROR');

-- CreateEnum
CREATE TYPE "actor_kind" AS ENUM ('USER', 'API_KEY', 'ACCESS_TOKEN', 'END_USER', 'SYSTEM', 'ANONYMOUS');

-- CreateTable
CREATE TABLE "users" (
    "id" TEXT COLLATE "C" NOT NULL,
    "email" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "password_hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "workspaces" (
    "id" TEXT COLLATE "C" NOT NULL,
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "log_retention_days" INTEGER NOT NULL DEFAULT 90,
    "session_retention_days" INTEGER NOT NULL DEFAULT 400,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "workspaces_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "memberships" (
    "user_id" TEXT COLLATE "C" NOT NULL,
    "workspace_id" TEXT COLLATE "C" NOT NULL,
    "role" "role" NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "memberships_pkey" PRIMARY KEY ("user_id","workspace_id")
);

-- CreateTable
CREATE TABLE "sign_ins" (
    "id" TEXT COLLATE "C" NOT NULL,
    "user_id" TEXT COLLATE "C" NOT NULL,
    "digest" BYTEA NOT NULL,
    "master_key_id" TEXT COLLATE "C" NOT NULL,
    "ip" TEXT,
    "user_agent" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sign_ins_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "password_resets" (
    "id" TEXT COLLATE "C" NOT NULL,
    "user_id" TEXT COLLATE "C" NOT NULL,
    "digest" BYTEA NOT NULL,
    "master_key_id" TEXT COLLATE "C" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "password_resets_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "access_tokens" (
    "id" TEXT COLLATE "C" NOT NULL,
    "user_id" TEXT COLLATE "C" NOT NULL,
    "workspace_id" TEXT COLLATE "C",
    "name" TEXT NOT NULL,
    "scope" "access_token_scope" NOT NULL,
    "digest" BYTEA NOT NULL,
    "master_key_id" TEXT COLLATE "C" NOT NULL,
    "preview" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "last_used_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "access_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "invitations" (
    "id" TEXT COLLATE "C" NOT NULL,
    "workspace_id" TEXT COLLATE "C" NOT NULL,
    "email" TEXT NOT NULL,
    "role" "role" NOT NULL,
    "digest" BYTEA NOT NULL,
    "master_key_id" TEXT COLLATE "C" NOT NULL,
    "invited_by_id" TEXT COLLATE "C" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "invitations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE UNLOGGED TABLE "rate_limits" (
    "bucket" TEXT NOT NULL,
    "level" DOUBLE PRECISION NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "rate_limits_pkey" PRIMARY KEY ("bucket")
);

-- CreateTable
CREATE TABLE "projects" (
    "id" TEXT COLLATE "C" NOT NULL,
    "workspace_id" TEXT COLLATE "C" NOT NULL,
    "name" TEXT NOT NULL,
    "active" BOOLEAN NOT NULL DEFAULT true,
    "public_access" BOOLEAN NOT NULL DEFAULT false,
    "require_user_code" BOOLEAN NOT NULL DEFAULT false,
    "session_lifetime_seconds" INTEGER NOT NULL DEFAULT 600,
    "default_environment_id" TEXT COLLATE "C" NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "projects_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "environments" (
    "id" TEXT COLLATE "C" NOT NULL,
    "project_id" TEXT COLLATE "C" NOT NULL,
    "name" TEXT NOT NULL,
    "kind" "environment_kind" NOT NULL,
    "allowed_origins" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "test_confirmations" BOOLEAN NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "environments_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_keys" (
    "id" TEXT COLLATE "C" NOT NULL,
    "environment_id" TEXT COLLATE "C" NOT NULL,
    "name" TEXT NOT NULL,
    "type" "api_key_type" NOT NULL,
    "active" BOOLEAN NOT NULL DEFAULT true,
    "preview" TEXT NOT NULL,
    "publishable_value" TEXT,
    "created_by_id" TEXT COLLATE "C",
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "last_used_at" TIMESTAMPTZ(3),
    "last_used_ip" TEXT,
    "last_used_user_agent" TEXT,
    "expires_at" TIMESTAMPTZ(3),
    "regenerated_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_key_secrets" (
    "id" TEXT COLLATE "C" NOT NULL,
    "api_key_id" TEXT COLLATE "C" NOT NULL,
    "environment_id" TEXT COLLATE "C" NOT NULL,
    "project_id" TEXT COLLATE "C" NOT NULL,
    "workspace_id" TEXT COLLATE "C" NOT NULL,
    "digest" BYTEA NOT NULL,
    "master_key_id" TEXT COLLATE "C" NOT NULL,
    "preview" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "ends_at" TIMESTAMPTZ(3),
    "end_reason" TEXT,
    "last_used_at" TIMESTAMPTZ(3),
    "use_count" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "api_key_secrets_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_key_refusals" (
    "api_key_id" TEXT COLLATE "C" NOT NULL,
    "reason" TEXT NOT NULL,
    "count" BIGINT NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "api_key_refusals_pkey" PRIMARY KEY ("api_key_id","reason")
);

-- CreateTable
CREATE TABLE "purge_tasks" (
    "scope_id" TEXT COLLATE "C" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "purge_tasks_pkey" PRIMARY KEY ("scope_id")
);

-- CreateTable
CREATE TABLE "auth_sessions" (
    "id" TEXT COLLATE "C" NOT NULL,
    "workspace_id" TEXT COLLATE "C" NOT NULL,
    "project_id" TEXT COLLATE "C" NOT NULL,
    "environment_id" TEXT COLLATE "C" NOT NULL,
    "api_key_id" TEXT COLLATE "C",
    "started_with" "started_with" NOT NULL,
    "status" "auth_session_status" NOT NULL DEFAULT 'PENDING',
    "channel" "channel",
    "subject" JSONB,
    "subject_key" TEXT,
    "user_code" TEXT NOT NULL,
    "require_user_code" BOOLEAN NOT NULL,
    "wrong_user_codes" SMALLINT NOT NULL DEFAULT 0,
    "metadata" JSONB,
    "nonce" TEXT,
    "return_url" TEXT,
    "reason" TEXT,
    "master_key_id" TEXT COLLATE "C" NOT NULL,
    "idempotency_key" TEXT,
    "idempotency_digest" BYTEA,
    "exchange_key" TEXT,
    "proof_key_id" TEXT COLLATE "C",
    "started_from_ip" TEXT,
    "started_from_user_agent" TEXT,
    "confirmed_from_ip" TEXT,
    "confirmed_from_user_agent" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "confirmed_at" TIMESTAMPTZ(3),
    "exchangeable_until" TIMESTAMPTZ(3),
    "cancelled_at" TIMESTAMPTZ(3),
    "expired_at" TIMESTAMPTZ(3),
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "auth_sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "session_rollups" (
    "environment_id" TEXT COLLATE "C" NOT NULL,
    "quarter_at" TIMESTAMPTZ(3) NOT NULL,
    "slot" SMALLINT NOT NULL,
    "project_id" TEXT COLLATE "C" NOT NULL,
    "workspace_id" TEXT COLLATE "C" NOT NULL,
    "started" BIGINT NOT NULL DEFAULT 0,
    "confirmed" BIGINT NOT NULL DEFAULT 0,
    "cancelled" BIGINT NOT NULL DEFAULT 0,
    "expired" BIGINT NOT NULL DEFAULT 0,
    "used" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "session_rollups_pkey" PRIMARY KEY ("environment_id","quarter_at","slot")
) WITH (fillfactor = 50);

-- CreateTable
CREATE TABLE "session_totals" (
    "environment_id" TEXT COLLATE "C" NOT NULL,
    "slot" SMALLINT NOT NULL,
    "project_id" TEXT COLLATE "C" NOT NULL,
    "workspace_id" TEXT COLLATE "C" NOT NULL,
    "started" BIGINT NOT NULL DEFAULT 0,
    "confirmed" BIGINT NOT NULL DEFAULT 0,
    "cancelled" BIGINT NOT NULL DEFAULT 0,
    "expired" BIGINT NOT NULL DEFAULT 0,
    "used" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "session_totals_pkey" PRIMARY KEY ("environment_id","slot")
) WITH (fillfactor = 50);

-- CreateTable
CREATE TABLE "signing_keys" (
    "id" TEXT COLLATE "C" NOT NULL,
    "public_jwk" JSONB NOT NULL,
    "private_key" BYTEA NOT NULL,
    "master_key_id" TEXT COLLATE "C" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "signs_from" TIMESTAMPTZ(3) NOT NULL,
    "published_until" TIMESTAMPTZ(3),

    CONSTRAINT "signing_keys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "log_entries" (
    "id" TEXT COLLATE "C" NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "type" TEXT NOT NULL,
    "level" "log_level" NOT NULL DEFAULT 'INFO',
    "message" TEXT NOT NULL,
    "reason" TEXT,
    "actor_kind" "actor_kind" NOT NULL,
    "actor_id" TEXT COLLATE "C",
    "actor_label" TEXT NOT NULL,
    "workspace_id" TEXT COLLATE "C" NOT NULL,
    "project_id" TEXT COLLATE "C",
    "environment_id" TEXT COLLATE "C",
    "session_id" TEXT COLLATE "C",
    "api_key_id" TEXT COLLATE "C",
    "subject_key" TEXT,
    "channel" "channel",
    "ip" TEXT,
    "user_agent" TEXT,
    "request_id" TEXT COLLATE "C",
    "dedupe_key" TEXT,
    "data" JSONB,
    "xid" xid8 NOT NULL DEFAULT pg_current_xact_id(),

    CONSTRAINT "log_entries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "outbox_events" (
    "id" TEXT COLLATE "C" NOT NULL,
    "type" TEXT NOT NULL,
    "workspace_id" TEXT COLLATE "C" NOT NULL,
    "project_id" TEXT COLLATE "C" NOT NULL,
    "environment_id" TEXT COLLATE "C" NOT NULL,
    "session_id" TEXT COLLATE "C" NOT NULL,
    "data" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "xid" xid8 NOT NULL DEFAULT pg_current_xact_id(),

    CONSTRAINT "outbox_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_endpoints" (
    "id" TEXT COLLATE "C" NOT NULL,
    "environment_id" TEXT COLLATE "C" NOT NULL,
    "url" TEXT NOT NULL,
    "event_types" TEXT[],
    "active" BOOLEAN NOT NULL DEFAULT true,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "webhook_endpoints_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "memberships_workspace_id_idx" ON "memberships"("workspace_id");

-- CreateIndex
CREATE UNIQUE INDEX "sign_ins_digest_key" ON "sign_ins"("digest");

-- CreateIndex
CREATE INDEX "sign_ins_user_id_idx" ON "sign_ins"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "password_resets_digest_key" ON "password_resets"("digest");

-- CreateIndex
CREATE INDEX "password_resets_user_id_idx" ON "password_resets"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "access_tokens_digest_key" ON "access_tokens"("digest");

-- CreateIndex
CREATE INDEX "access_tokens_user_id_idx" ON "access_tokens"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "invitations_digest_key" ON "invitations"("digest");

-- CreateIndex
CREATE INDEX "invitations_invited_by_id_idx" ON "invitations"("invited_by_id");

-- CreateIndex
CREATE UNIQUE INDEX "projects_default_environment_id_key" ON "projects"("default_environment_id");

-- CreateIndex
CREATE INDEX "projects_workspace_id_created_at_id_idx" ON "projects"("workspace_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "environments_project_id_idx" ON "environments"("project_id");

-- CreateIndex
CREATE INDEX "api_keys_environment_id_created_at_id_idx" ON "api_keys"("environment_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_secrets_digest_key" ON "api_key_secrets"("digest");

-- CreateIndex
CREATE INDEX "api_key_secrets_api_key_id_idx" ON "api_key_secrets"("api_key_id");

-- CreateIndex
CREATE INDEX "api_key_secrets_ends_at_idx" ON "api_key_secrets"("ends_at");

-- CreateIndex
CREATE INDEX "auth_sessions_environment_id_created_at_id_idx" ON "auth_sessions"("environment_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "log_entries_environment_id_at_id_idx" ON "log_entries"("environment_id", "at", "id");

-- CreateIndex
CREATE INDEX "webhook_endpoints_environment_id_idx" ON "webhook_endpoints"("environment_id");

-- AddForeignKey
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sign_ins" ADD CONSTRAINT "sign_ins_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "password_resets" ADD CONSTRAINT "password_resets_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "access_tokens" ADD CONSTRAINT "access_tokens_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "access_tokens" ADD CONSTRAINT "access_tokens_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_invited_by_id_fkey" FOREIGN KEY ("invited_by_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "projects" ADD CONSTRAINT "projects_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "projects" ADD CONSTRAINT "projects_default_environment_id_fkey" FOREIGN KEY ("default_environment_id") REFERENCES "environments"("id") ON DELETE NO ACTION ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED;

-- AddForeignKey
ALTER TABLE "environments" ADD CONSTRAINT "environments_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_environment_id_fkey" FOREIGN KEY ("environment_id") REFERENCES "environments"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_created_by_id_fkey" FOREIGN KEY ("created_by_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_key_refusals" ADD CONSTRAINT "api_key_refusals_api_key_id_fkey" FOREIGN KEY ("api_key_id") REFERENCES "api_keys"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_endpoints" ADD CONSTRAINT "webhook_endpoints_environment_id_fkey" FOREIGN KEY ("environment_id") REFERENCES "environments"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- ── What Prisma's schema cannot say ─────────────────────────────────────────────────────────────

-- One account per address, whatever the case it is typed in.
CREATE UNIQUE INDEX "users_email_key" ON "users" (lower("email"));

-- A publishable value is stored readable, a secret one never.
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_publishable_value_check"
  CHECK (("type" = 'PUBLISHABLE') = ("publishable_value" IS NOT NULL));

-- Never two current secrets of one key.
CREATE UNIQUE INDEX "api_key_secrets_current_key" ON "api_key_secrets" ("api_key_id")
  WHERE "ends_at" IS NULL;
ALTER TABLE "api_key_secrets" ADD CONSTRAINT "api_key_secrets_end_check"
  CHECK (("ends_at" IS NULL) = ("end_reason" IS NULL) AND "end_reason" IN ('DELETED', 'ROTATED_OUT'));

ALTER TABLE "projects" ADD CONSTRAINT "projects_session_lifetime_seconds_check"
  CHECK ("session_lifetime_seconds" BETWEEN 60 AND 3600);
ALTER TABLE "environments" ADD CONSTRAINT "environments_test_confirmations_check"
  CHECK (NOT ("kind" = 'PRODUCTION' AND "test_confirmations"));

-- The user code is unique among pending sessions, so that a person can name one by it.
CREATE UNIQUE INDEX "auth_sessions_user_code_key" ON "auth_sessions" ("user_code") WHERE "status" = 'PENDING';
-- The sweep, and the correction of counts for sessions that are over but not yet swept.
CREATE INDEX "auth_sessions_pending_idx" ON "auth_sessions" ("expires_at") WHERE "status" = 'PENDING';
CREATE UNIQUE INDEX "auth_sessions_idempotency_key" ON "auth_sessions" ("environment_id", "idempotency_key")
  WHERE "idempotency_key" IS NOT NULL;
-- An idempotency key is forgotten after 24 hours; the purge finds the old ones here.
CREATE INDEX "auth_sessions_idempotency_age_idx" ON "auth_sessions" ("created_at") WHERE "idempotency_key" IS NOT NULL;

-- A status is never without its instants.
ALTER TABLE "auth_sessions" ADD CONSTRAINT "auth_sessions_status_check" CHECK (
  CASE "status"
    WHEN 'PENDING' THEN num_nonnulls("confirmed_at", "cancelled_at", "expired_at", "used_at") = 0
    WHEN 'CONFIRMED' THEN num_nonnulls("confirmed_at", "exchangeable_until", "channel", "subject", "subject_key") = 5
      AND num_nonnulls("cancelled_at", "expired_at", "used_at") = 0
    WHEN 'USED' THEN num_nonnulls("confirmed_at", "exchangeable_until", "channel", "subject", "subject_key", "used_at", "proof_key_id") = 7
      AND num_nonnulls("cancelled_at", "expired_at") = 0
    WHEN 'CANCELLED' THEN "cancelled_at" IS NOT NULL AND num_nonnulls("confirmed_at", "expired_at", "used_at") = 0
    WHEN 'EXPIRED' THEN "expired_at" IS NOT NULL AND num_nonnulls("confirmed_at", "cancelled_at", "used_at") = 0
  END);
ALTER TABLE "auth_sessions" ADD CONSTRAINT "auth_sessions_wrong_user_codes_check"
  CHECK ("wrong_user_codes" BETWEEN 0 AND 5);

-- Entries of a session, of a project outside any environment, of a workspace outside any project.
CREATE INDEX "log_entries_session_idx" ON "log_entries" ("session_id", "at", "id") WHERE "session_id" IS NOT NULL;
CREATE INDEX "log_entries_project_idx" ON "log_entries" ("project_id", "at", "id") WHERE "environment_id" IS NULL;
CREATE INDEX "log_entries_workspace_idx" ON "log_entries" ("workspace_id", "at", "id") WHERE "project_id" IS NULL;
-- A refusal that repeats within a minute is counted in the entry that is there.
CREATE UNIQUE INDEX "log_entries_dedupe_key" ON "log_entries" ("dedupe_key") WHERE "dedupe_key" IS NOT NULL;

-- One open invitation for each address and workspace.
CREATE UNIQUE INDEX "invitations_email_key" ON "invitations" ("workspace_id", lower("email"));
