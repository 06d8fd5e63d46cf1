-- DropIndex
DROP INDEX "ledger_entries_tenantId_reference_key";

-- AlterTable
ALTER TABLE "ledger_entries" DROP COLUMN "reference",
ADD COLUMN     "benefitId" UUID,
ADD COLUMN     "eventId" UUID,
ADD COLUMN     "expiredPoints" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "lifetimePoints" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "ruleId" UUID,
ADD COLUMN     "spentPoints" BIGINT NOT NULL DEFAULT 0;

-- AlterTable, with the rows that are there: a till knows a code by the programme alone, so no two rewards have the same one.
DELETE FROM "reward_codes" c USING "reward_codes" o
  WHERE c."tenantId" = o."tenantId" AND c."code" = o."code" AND c."rewardId" > o."rewardId";
ALTER TABLE "reward_codes" DROP CONSTRAINT "reward_codes_pkey",
ADD COLUMN     "benefitId" UUID,
ADD COLUMN     "position" INTEGER,
ADD CONSTRAINT "reward_codes_pkey" PRIMARY KEY ("tenantId", "code");
UPDATE "reward_codes" c SET "position" = n."position" FROM (
  SELECT "tenantId", "code", row_number() OVER (PARTITION BY "tenantId", "rewardId" ORDER BY "createdAt", "code") AS "position"
  FROM "reward_codes") n
  WHERE c."tenantId" = n."tenantId" AND c."code" = n."code";
ALTER TABLE "reward_codes" ALTER COLUMN "position" SET NOT NULL;

-- AlterTable
ALTER TABLE "rewards" ADD COLUMN     "codesLeft" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "validForDays" INTEGER;
UPDATE "rewards" r SET "codesLeft" = (
  SELECT count(*) FROM "reward_codes" c WHERE c."tenantId" = r."tenantId" AND c."rewardId" = r."id");

-- AlterTable
ALTER TABLE "rules" ADD COLUMN     "budgetUsedPoints" BIGINT NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "tenants" ADD COLUMN     "tierWindowDays" INTEGER;

-- AlterTable
ALTER TABLE "wallets" ADD COLUMN     "nextExpiryAt" TIMESTAMPTZ(3),
ADD COLUMN     "nextUnlockAt" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "event_reversals" (
    "tenantId" UUID NOT NULL,
    "eventId" UUID NOT NULL,
    "comment" TEXT NOT NULL,
    "takenPoints" BIGINT NOT NULL,
    "shortfallPoints" BIGINT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "event_reversals_pkey" PRIMARY KEY ("tenantId","eventId")
);

-- CreateTable
CREATE TABLE "rule_activations" (
    "tenantId" UUID NOT NULL,
    "eventId" UUID NOT NULL,
    "ruleId" UUID NOT NULL,
    "memberId" UUID NOT NULL,
    "points" BIGINT,
    "entryId" UUID,
    "pendingId" UUID,
    "benefitId" UUID,
    "occurredAt" TIMESTAMPTZ(3) NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "reversedAt" TIMESTAMPTZ(3),

    CONSTRAINT "rule_activations_pkey" PRIMARY KEY ("tenantId","eventId","ruleId")
);

-- CreateTable
CREATE TABLE "point_lots" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "memberId" UUID NOT NULL,
    "entryId" UUID NOT NULL,
    "earnedPoints" BIGINT NOT NULL,
    "remainingPoints" BIGINT NOT NULL,
    "earnedAt" TIMESTAMPTZ(3) NOT NULL,
    "expiresAt" TIMESTAMPTZ(3),

    CONSTRAINT "point_lots_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "lot_spends" (
    "tenantId" UUID NOT NULL,
    "entryId" UUID NOT NULL,
    "lotId" UUID NOT NULL,
    "points" BIGINT NOT NULL,

    CONSTRAINT "lot_spends_pkey" PRIMARY KEY ("tenantId","entryId","lotId")
);

-- CreateTable
CREATE TABLE "pending_points" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "memberId" UUID NOT NULL,
    "points" BIGINT NOT NULL,
    "eventId" UUID NOT NULL,
    "ruleId" UUID NOT NULL,
    "occurredAt" TIMESTAMPTZ(3) NOT NULL,
    "unlocksAt" TIMESTAMPTZ(3) NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "settledAt" TIMESTAMPTZ(3),
    "entryId" UUID,

    CONSTRAINT "pending_points_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "benefits" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "memberId" UUID NOT NULL,
    "rewardId" UUID NOT NULL,
    "eventId" UUID NOT NULL,
    "entryId" UUID,
    "pricePoints" BIGINT NOT NULL,
    "code" TEXT,
    "comment" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "expiresAt" TIMESTAMPTZ(3),
    "redeemedAt" TIMESTAMPTZ(3),
    "validatedAt" TIMESTAMPTZ(3),
    "burnedAt" TIMESTAMPTZ(3),
    "cancelledAt" TIMESTAMPTZ(3),

    CONSTRAINT "benefits_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "idempotency_keys" (
    "tenantId" UUID NOT NULL,
    "scope" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "bodyHmac" TEXT NOT NULL,
    "result" JSONB NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("tenantId","scope","key")
);

-- CreateIndex
CREATE INDEX "point_lots_tenantId_entryId_idx" ON "point_lots"("tenantId", "entryId");

-- CreateIndex
CREATE INDEX "lot_spends_tenantId_lotId_idx" ON "lot_spends"("tenantId", "lotId");

-- CreateIndex
CREATE INDEX "benefits_tenantId_memberId_createdAt_idx" ON "benefits"("tenantId", "memberId", "createdAt" DESC);

-- CreateIndex
CREATE INDEX "idempotency_keys_createdAt_idx" ON "idempotency_keys"("createdAt");

-- CreateIndex
CREATE UNIQUE INDEX "reward_codes_tenantId_benefitId_key" ON "reward_codes"("tenantId", "benefitId");

-- CreateIndex
CREATE INDEX "rules_tenantId_eventType_idx" ON "rules"("tenantId", "eventType");

-- AddForeignKey
ALTER TABLE "event_reversals" ADD CONSTRAINT "event_reversals_tenantId_eventId_fkey" FOREIGN KEY ("tenantId", "eventId") REFERENCES "events"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "rule_activations" ADD CONSTRAINT "rule_activations_tenantId_eventId_fkey" FOREIGN KEY ("tenantId", "eventId") REFERENCES "events"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "rule_activations" ADD CONSTRAINT "rule_activations_tenantId_ruleId_fkey" FOREIGN KEY ("tenantId", "ruleId") REFERENCES "rules"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "point_lots" ADD CONSTRAINT "point_lots_tenantId_memberId_fkey" FOREIGN KEY ("tenantId", "memberId") REFERENCES "wallets"("tenantId", "memberId") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "point_lots" ADD CONSTRAINT "point_lots_tenantId_entryId_fkey" FOREIGN KEY ("tenantId", "entryId") REFERENCES "ledger_entries"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "lot_spends" ADD CONSTRAINT "lot_spends_tenantId_entryId_fkey" FOREIGN KEY ("tenantId", "entryId") REFERENCES "ledger_entries"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "lot_spends" ADD CONSTRAINT "lot_spends_tenantId_lotId_fkey" FOREIGN KEY ("tenantId", "lotId") REFERENCES "point_lots"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pending_points" ADD CONSTRAINT "pending_points_tenantId_memberId_fkey" FOREIGN KEY ("tenantId", "memberId") REFERENCES "wallets"("tenantId", "memberId") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "benefits" ADD CONSTRAINT "benefits_tenantId_memberId_fkey" FOREIGN KEY ("tenantId", "memberId") REFERENCES "members"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "benefits" ADD CONSTRAINT "benefits_tenantId_rewardId_fkey" FOREIGN KEY ("tenantId", "rewardId") REFERENCES "rewards"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- From here on by hand.

-- The paths that history must not slow down: the lots that still hold points, the points that wait, the wallets that fall
-- due, what a member had of a rule or a reward, the codes that are left.
CREATE INDEX "point_lots_open_idx" ON "point_lots" ("tenantId", "memberId", "expiresAt", "earnedAt", "id")
  WHERE "remainingPoints" > 0;
CREATE INDEX "pending_points_open_idx" ON "pending_points" ("tenantId", "memberId", "unlocksAt", "id")
  WHERE "settledAt" IS NULL;
CREATE INDEX "wallets_next_expiry_idx" ON "wallets" ("nextExpiryAt") WHERE "nextExpiryAt" IS NOT NULL;
CREATE INDEX "wallets_next_unlock_idx" ON "wallets" ("nextUnlockAt") WHERE "nextUnlockAt" IS NOT NULL;
CREATE INDEX "rule_activations_counted_idx" ON "rule_activations" ("tenantId", "memberId", "ruleId", "occurredAt")
  WHERE "reversedAt" IS NULL;
CREATE INDEX "benefits_counted_idx" ON "benefits" ("tenantId", "memberId", "rewardId") WHERE "cancelledAt" IS NULL;
CREATE INDEX "reward_codes_free_idx" ON "reward_codes" ("tenantId", "rewardId", "position") WHERE "benefitId" IS NULL;
CREATE INDEX "ledger_entries_earned_idx" ON "ledger_entries" ("tenantId", "memberId", "occurredAt")
  INCLUDE ("lifetimePoints") WHERE "lifetimePoints" <> 0;

ALTER TABLE "tenants" ADD CONSTRAINT "tenants_tierWindow_check" CHECK ("tierWindowDays" > 0);
ALTER TABLE "rules" ADD CONSTRAINT "rules_budget_check" CHECK ("budgetUsedPoints" BETWEEN 0 AND 9007199254740991);
ALTER TABLE "rewards"
  DROP CONSTRAINT "rewards_codeType_check",
  -- An offer may be one without a code.
  ADD CONSTRAINT "rewards_codeType_check" CHECK (
    "codeType" = 'POOL' OR ("codeType" = 'GENERATED' AND "codePattern" IS NOT NULL)
    OR ("codeType" = 'STATIC' AND ("staticCode" IS NOT NULL OR "type" = 'GENERIC_OFFER'))
  ),
  ADD CONSTRAINT "rewards_codesLeft_check" CHECK ("codesLeft" >= 0),
  ADD CONSTRAINT "rewards_validForDays_check" CHECK ("validForDays" > 0);
ALTER TABLE "event_reversals" ADD CONSTRAINT "event_reversals_points_check" CHECK (
  "takenPoints" BETWEEN 0 AND 9007199254740991 AND "shortfallPoints" BETWEEN 0 AND 9007199254740991
);
ALTER TABLE "pending_points"
  ADD CONSTRAINT "pending_points_points_check" CHECK ("points" BETWEEN 1 AND 9007199254740991),
  ADD CONSTRAINT "pending_points_settled_check" CHECK ("entryId" IS NULL OR "settledAt" IS NOT NULL);
ALTER TABLE "benefits"
  ADD CONSTRAINT "benefits_price_check" CHECK ("pricePoints" BETWEEN 0 AND 9007199254740991),
  ADD CONSTRAINT "benefits_burned_check" CHECK ("burnedAt" IS NULL OR ("redeemedAt" IS NOT NULL AND "cancelledAt" IS NULL));

-- What was earned before lots existed gets them: each entry that took points is laid over the entries that brought some,
-- the oldest first, as they would have paid. Balances never were below zero, so what took is always covered.
ALTER TABLE "ledger_entries" DISABLE TRIGGER "ledger_entries_append_only";
UPDATE "ledger_entries" SET
  "lifetimePoints" = CASE WHEN "kind" IN ('OPENING', 'EARN') THEN "points" ELSE 0 END,
  "spentPoints" = CASE WHEN "kind" = 'SPEND' THEN -"points" ELSE 0 END,
  "expiredPoints" = CASE WHEN "kind" = 'EXPIRY' THEN -"points" ELSE 0 END;
ALTER TABLE "ledger_entries" ENABLE TRIGGER "ledger_entries_append_only";

CREATE TEMPORARY TABLE "laid" ON COMMIT DROP AS
  SELECT "tenantId", "memberId", "id", "points", "occurredAt",
    sum(abs("points")) OVER "before" - abs("points") AS "from", sum(abs("points")) OVER "before" AS "to"
  FROM "ledger_entries"
  WINDOW "before" AS (PARTITION BY "tenantId", "memberId", "points" > 0 ORDER BY "sequence");
INSERT INTO "point_lots" ("tenantId", "id", "memberId", "entryId", "earnedPoints", "remainingPoints", "earnedAt", "expiresAt")
  SELECT l."tenantId", gen_random_uuid(), l."memberId", l."id", l."points",
    l."points" - LEAST(l."points", GREATEST(0, COALESCE(s."taken", 0) - l."from")), l."occurredAt",
    now() + t."pointsExpireAfterDays" * interval '24 hours'
  FROM "laid" l JOIN "tenants" t ON t."id" = l."tenantId"
  LEFT JOIN (SELECT "tenantId", "memberId", max("to") AS "taken" FROM "laid" WHERE "points" < 0 GROUP BY 1, 2) s
    ON s."tenantId" = l."tenantId" AND s."memberId" = l."memberId"
  WHERE l."points" > 0;
INSERT INTO "lot_spends" ("tenantId", "entryId", "lotId", "points")
  SELECT s."tenantId", s."id", o."id", LEAST(s."to", l."to") - GREATEST(s."from", l."from")
  FROM "laid" s
  JOIN "laid" l ON l."tenantId" = s."tenantId" AND l."memberId" = s."memberId" AND l."points" > 0
    AND l."from" < s."to" AND s."from" < l."to"
  JOIN "point_lots" o ON o."tenantId" = l."tenantId" AND o."entryId" = l."id"
  WHERE s."points" < 0;
UPDATE "wallets" w SET "nextExpiryAt" = (
  SELECT min(o."expiresAt") FROM "point_lots" o
  WHERE o."tenantId" = w."tenantId" AND o."memberId" = w."memberId" AND o."remainingPoints" > 0);

ALTER TABLE "ledger_entries"
  DROP CONSTRAINT "ledger_entries_kind_check",
  ADD CONSTRAINT "ledger_entries_kind_check" CHECK (
    "kind" IN ('OPENING', 'EARN', 'SPEND', 'REFUND', 'EXPIRY', 'ADJUSTMENT', 'REVERSAL')
  ),
  DROP CONSTRAINT "ledger_entries_points_check",
  -- Nothing may be left to take back of what a reversed event gave.
  ADD CONSTRAINT "ledger_entries_points_check" CHECK (
    "points" BETWEEN -9007199254740991 AND 9007199254740991 AND ("points" <> 0 OR "kind" = 'REVERSAL')
  );

-- Lots. An entry that brings points makes lots of as many; one that takes points says which lots paid it, in full. A lot
-- only ever gets smaller, by what it paid. So the lots of a wallet hold its balance, and every point can be explained.
ALTER TABLE "point_lots" ADD CONSTRAINT "point_lots_points_check" CHECK (
  "earnedPoints" BETWEEN 1 AND 9007199254740991 AND "remainingPoints" BETWEEN 0 AND "earnedPoints"
);
ALTER TABLE "lot_spends" ADD CONSTRAINT "lot_spends_points_check" CHECK ("points" BETWEEN 1 AND 9007199254740991);

CREATE FUNCTION "check_lot_insert"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."remainingPoints" <> NEW."earnedPoints" THEN
    RAISE EXCEPTION 'a new lot holds what was earned';
  END IF;
  -- Its sum is looked at when the entry's transaction ends, and so nothing may come later.
  IF NOT EXISTS (SELECT 1 FROM "ledger_entries" e WHERE e."tenantId" = NEW."tenantId" AND e."id" = NEW."entryId"
    AND e.xmin = pg_current_xact_id()::xid) THEN
    RAISE EXCEPTION 'a lot comes with its entry';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "point_lots_start_whole" BEFORE INSERT ON "point_lots"
  FOR EACH ROW EXECUTE FUNCTION "check_lot_insert"();

CREATE FUNCTION "check_lot_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Depth 1 is a statement of its own; only what a lot pays changes it, through the trigger below.
  IF pg_trigger_depth() < 2 OR (to_jsonb(NEW) - 'remainingPoints') <> (to_jsonb(OLD) - 'remainingPoints') THEN
    RAISE EXCEPTION 'a lot gets smaller by what it pays, and changes in no other way';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "point_lots_pay_only" BEFORE UPDATE ON "point_lots"
  FOR EACH ROW EXECUTE FUNCTION "check_lot_change"();

CREATE FUNCTION "pay_from_lot"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "point_lots" l SET "remainingPoints" = l."remainingPoints" - NEW."points"
  FROM "ledger_entries" e
  WHERE e."tenantId" = NEW."tenantId" AND e."id" = NEW."entryId"
    AND e.xmin = pg_current_xact_id()::xid
    AND l."tenantId" = NEW."tenantId" AND l."id" = NEW."lotId" AND l."memberId" = e."memberId";
  IF NOT FOUND THEN
    RAISE EXCEPTION 'a lot pays for its own member only, and when the entry is made';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "lot_spends_pay" AFTER INSERT ON "lot_spends" FOR EACH ROW EXECUTE FUNCTION "pay_from_lot"();

CREATE TRIGGER "lot_spends_append_only" BEFORE UPDATE OR DELETE ON "lot_spends"
  FOR EACH ROW EXECUTE FUNCTION "refuse_ledger_change"();
CREATE TRIGGER "lot_spends_no_truncate" BEFORE TRUNCATE ON "lot_spends"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_ledger_change"();
CREATE TRIGGER "point_lots_stay" BEFORE DELETE ON "point_lots"
  FOR EACH ROW EXECUTE FUNCTION "refuse_ledger_change"();
CREATE TRIGGER "point_lots_no_truncate" BEFORE TRUNCATE ON "point_lots"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_ledger_change"();

CREATE FUNCTION "check_entry_has_lots"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "explained" bigint := 0;
BEGIN
  IF NEW."points" > 0 THEN
    SELECT sum("earnedPoints") INTO "explained" FROM "point_lots"
      WHERE "tenantId" = NEW."tenantId" AND "entryId" = NEW."id" AND "memberId" = NEW."memberId";
  ELSIF NEW."points" < 0 THEN
    SELECT -sum("points") INTO "explained" FROM "lot_spends" WHERE "tenantId" = NEW."tenantId" AND "entryId" = NEW."id";
  END IF;
  IF "explained" IS DISTINCT FROM NEW."points" THEN
    RAISE EXCEPTION 'ledger entry % is not explained by its lots', NEW."id";
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER "ledger_entries_have_lots" AFTER INSERT ON "ledger_entries"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "check_entry_has_lots"();

-- What a benefit went through stays: a code is used up once, and what was cancelled stays cancelled.
CREATE FUNCTION "refuse_benefit_revival"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what happened to a benefit stays';
END $$;
CREATE TRIGGER "benefits_stay" BEFORE UPDATE ON "benefits" FOR EACH ROW WHEN (
    (OLD."redeemedAt" IS NOT NULL AND NEW."redeemedAt" IS DISTINCT FROM OLD."redeemedAt")
    OR (OLD."burnedAt" IS NOT NULL AND NEW."burnedAt" IS DISTINCT FROM OLD."burnedAt")
    OR (OLD."cancelledAt" IS NOT NULL AND NEW."cancelledAt" IS DISTINCT FROM OLD."cancelledAt")
  ) EXECUTE FUNCTION "refuse_benefit_revival"();

CREATE FUNCTION "refuse_second_owner"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a code is handed out once';
END $$;
CREATE TRIGGER "reward_codes_once" BEFORE UPDATE ON "reward_codes" FOR EACH ROW
  WHEN (OLD."benefitId" IS NOT NULL AND NEW."benefitId" IS NOT NULL AND NEW."benefitId" <> OLD."benefitId")
  EXECUTE FUNCTION "refuse_second_owner"();

CREATE FUNCTION "check_rule_budget"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a rule gives no more than its budget';
END $$;
CREATE TRIGGER "rules_keep_budget" BEFORE UPDATE OF "budgetUsedPoints" ON "rules" FOR EACH ROW
  WHEN (NEW."budgetUsedPoints" > OLD."budgetUsedPoints" AND NEW."budgetUsedPoints" > (NEW."limits"->>'budgetPoints')::bigint
    AND OLD."limits" IS NOT DISTINCT FROM NEW."limits")
  EXECUTE FUNCTION "check_rule_budget"();
