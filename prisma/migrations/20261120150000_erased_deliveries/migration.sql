-- Why: an attempt may be under way while its end user is erased. Its delivery remembers that, so that what
-- the receiver answers, then or later, is not kept, for it may repeat who it was.
-- Locks: webhook_deliveries for a moment that does not grow with rows, its default being a constant.
ALTER TABLE "webhook_deliveries" ADD COLUMN "erased" BOOLEAN NOT NULL DEFAULT false;
