-- CreateTable
CREATE TABLE "tenants" (
    "id" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "authMode" TEXT NOT NULL,
    "publicUrl" TEXT,
    "hostUrl" TEXT,
    "hostOrigins" TEXT[],
    "allowedOrigins" TEXT[],
    "cookieDomain" TEXT,
    "locale" TEXT NOT NULL,
    "embeddedSeconds" INTEGER NOT NULL,
    "interactiveSeconds" INTEGER NOT NULL,
    "idleSeconds" INTEGER,
    "urlActivation" TEXT NOT NULL,
    "createMembersFromTokens" BOOLEAN NOT NULL,
    "selfRegistration" BOOLEAN,
    "emailConfirmation" TEXT NOT NULL,
    "userAuth" JSONB,
    "oauth2" JSONB,
    "pointsExpireAfterDays" INTEGER,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "tenants_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "tenant_hosts" (
    "tenantId" UUID NOT NULL,
    "hostname" TEXT NOT NULL,
    "position" INTEGER NOT NULL,

    CONSTRAINT "tenant_hosts_pkey" PRIMARY KEY ("tenantId","hostname")
);

-- CreateTable
CREATE TABLE "client_secrets" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "secretHash" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "lastUsedAt" TIMESTAMPTZ(3),
    "revokedAt" TIMESTAMPTZ(3),

    CONSTRAINT "client_secrets_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "api_keys" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "keyHash" TEXT NOT NULL,
    "scopes" TEXT[],
    "ratePerSecond" INTEGER NOT NULL,
    "burst" INTEGER NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "lastUsedAt" TIMESTAMPTZ(3),
    "revokedAt" TIMESTAMPTZ(3),

    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "admin_api_keys" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "keyHash" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "lastUsedAt" TIMESTAMPTZ(3),
    "revokedAt" TIMESTAMPTZ(3),

    CONSTRAINT "admin_api_keys_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "admins" (
    "id" UUID NOT NULL,
    "email" TEXT NOT NULL,
    "passwordHash" TEXT NOT NULL,
    "isDeploymentOwner" BOOLEAN NOT NULL DEFAULT false,
    "disabledAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "admins_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "admin_roles" (
    "tenantId" UUID NOT NULL,
    "adminId" UUID NOT NULL,
    "role" TEXT NOT NULL,

    CONSTRAINT "admin_roles_pkey" PRIMARY KEY ("tenantId","adminId")
);

-- CreateTable
CREATE TABLE "members" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "authIdentifier" TEXT,
    "externalIdentifier" TEXT,
    "accountNumber" TEXT NOT NULL,
    "givenName" TEXT,
    "familyName" TEXT,
    "emailAddress" TEXT,
    "gender" TEXT,
    "birthdate" DATE,
    "country" TEXT,
    "city" TEXT,
    "postcode" TEXT,
    "streetAddress" TEXT,
    "region" TEXT,
    "telephoneNumber" TEXT,
    "pictureUrl" TEXT,
    "attributes" JSONB NOT NULL DEFAULT '{}',
    "flags" JSONB NOT NULL DEFAULT '{}',
    "isRestricted" BOOLEAN NOT NULL DEFAULT false,
    "profileEventId" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "deletedAt" TIMESTAMPTZ(3),

    CONSTRAINT "members_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "accounts" (
    "tenantId" UUID NOT NULL,
    "memberId" UUID NOT NULL,
    "emailAddress" TEXT NOT NULL,
    "passwordHash" TEXT NOT NULL,
    "emailConfirmedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "accounts_pkey" PRIMARY KEY ("tenantId","memberId")
);

-- CreateTable
CREATE TABLE "sessions" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "memberId" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "tokenHash" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "lastActivityAt" TIMESTAMPTZ(3) NOT NULL,
    "idleSeconds" INTEGER,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "endedAt" TIMESTAMPTZ(3),
    "endReason" TEXT,
    "successorId" UUID,
    "confirmationHash" TEXT,
    "confirmationExpiresAt" TIMESTAMPTZ(3),

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "event_types" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "schema" JSONB,
    "isPrivate" BOOLEAN NOT NULL,
    "secretHash" TEXT,
    "isActive" BOOLEAN NOT NULL DEFAULT true,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "event_types_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "events" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "memberId" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "externalId" TEXT,
    "occurredAt" TIMESTAMPTZ(3) NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "events_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "rules" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "eventType" TEXT NOT NULL,
    "conditions" JSONB,
    "effect" JSONB NOT NULL,
    "limits" JSONB,
    "startsAt" TIMESTAMPTZ(3),
    "endsAt" TIMESTAMPTZ(3),
    "priority" INTEGER NOT NULL,
    "pendingDays" INTEGER NOT NULL,
    "isActive" BOOLEAN NOT NULL DEFAULT true,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "rules_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "wallets" (
    "tenantId" UUID NOT NULL,
    "memberId" UUID NOT NULL,
    "balancePoints" BIGINT NOT NULL DEFAULT 0,
    "lifetimePoints" BIGINT NOT NULL DEFAULT 0,
    "spentPoints" BIGINT NOT NULL DEFAULT 0,
    "expiredPoints" BIGINT NOT NULL DEFAULT 0,
    "pendingPoints" BIGINT NOT NULL DEFAULT 0,
    "entryCount" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "wallets_pkey" PRIMARY KEY ("tenantId","memberId")
);

-- CreateTable
CREATE TABLE "ledger_entries" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "memberId" UUID NOT NULL,
    "sequence" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "points" BIGINT NOT NULL,
    "balanceAfterPoints" BIGINT NOT NULL,
    "reference" TEXT,
    "description" TEXT,
    "occurredAt" TIMESTAMPTZ(3) NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ledger_entries_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "tiers" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "pointsRequirement" BIGINT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "tiers_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "reward_categories" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "reward_categories_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "rewards" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "externalId" TEXT,
    "type" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "summary" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "terms" TEXT NOT NULL,
    "pictureUrl" TEXT,
    "categoryId" UUID,
    "tierId" UUID,
    "pricePoints" BIGINT NOT NULL,
    "value" DECIMAL(20,4),
    "codeType" TEXT NOT NULL,
    "codePattern" TEXT,
    "staticCode" TEXT,
    "stockTotal" INTEGER,
    "issuedCount" INTEGER NOT NULL DEFAULT 0,
    "perMemberLimit" INTEGER,
    "availableFrom" TIMESTAMPTZ(3),
    "availableUntil" TIMESTAMPTZ(3),
    "archivedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "rewards_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "reward_codes" (
    "tenantId" UUID NOT NULL,
    "rewardId" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "reward_codes_pkey" PRIMARY KEY ("tenantId","rewardId","code")
);

-- CreateIndex
CREATE UNIQUE INDEX "tenants_code_key" ON "tenants"("code");

-- CreateIndex
CREATE UNIQUE INDEX "tenant_hosts_hostname_key" ON "tenant_hosts"("hostname");

-- CreateIndex
CREATE UNIQUE INDEX "client_secrets_tenantId_name_key" ON "client_secrets"("tenantId", "name");

-- CreateIndex
CREATE UNIQUE INDEX "api_keys_keyHash_key" ON "api_keys"("keyHash");

-- CreateIndex
CREATE UNIQUE INDEX "api_keys_tenantId_name_key" ON "api_keys"("tenantId", "name");

-- CreateIndex
CREATE UNIQUE INDEX "admin_api_keys_keyHash_key" ON "admin_api_keys"("keyHash");

-- CreateIndex
CREATE UNIQUE INDEX "admin_api_keys_tenantId_name_key" ON "admin_api_keys"("tenantId", "name");

-- CreateIndex
CREATE UNIQUE INDEX "admins_email_key" ON "admins"("email");

-- CreateIndex
CREATE UNIQUE INDEX "members_tenantId_authIdentifier_key" ON "members"("tenantId", "authIdentifier");

-- CreateIndex
CREATE UNIQUE INDEX "members_tenantId_accountNumber_key" ON "members"("tenantId", "accountNumber");

-- CreateIndex
CREATE UNIQUE INDEX "accounts_tenantId_emailAddress_key" ON "accounts"("tenantId", "emailAddress");

-- CreateIndex
CREATE INDEX "sessions_tenantId_memberId_idx" ON "sessions"("tenantId", "memberId");

-- CreateIndex
CREATE UNIQUE INDEX "sessions_tenantId_confirmationHash_key" ON "sessions"("tenantId", "confirmationHash");

-- CreateIndex
CREATE INDEX "sessions_expiresAt_idx" ON "sessions"("expiresAt");

-- CreateIndex
CREATE INDEX "sessions_endedAt_idx" ON "sessions"("endedAt");

-- CreateIndex
CREATE UNIQUE INDEX "event_types_tenantId_name_key" ON "event_types"("tenantId", "name");

-- CreateIndex
CREATE INDEX "events_tenantId_memberId_occurredAt_idx" ON "events"("tenantId", "memberId", "occurredAt");

-- CreateIndex
CREATE UNIQUE INDEX "events_tenantId_externalId_key" ON "events"("tenantId", "externalId");

-- CreateIndex
CREATE UNIQUE INDEX "rules_tenantId_name_key" ON "rules"("tenantId", "name");

-- CreateIndex
CREATE UNIQUE INDEX "ledger_entries_tenantId_memberId_sequence_key" ON "ledger_entries"("tenantId", "memberId", "sequence");

-- CreateIndex
CREATE UNIQUE INDEX "ledger_entries_tenantId_reference_key" ON "ledger_entries"("tenantId", "reference");

-- CreateIndex
CREATE UNIQUE INDEX "tiers_tenantId_name_key" ON "tiers"("tenantId", "name");

-- CreateIndex
CREATE UNIQUE INDEX "reward_categories_tenantId_name_key" ON "reward_categories"("tenantId", "name");

-- CreateIndex
CREATE INDEX "rewards_tenantId_pricePoints_idx" ON "rewards"("tenantId", "pricePoints");

-- CreateIndex
CREATE UNIQUE INDEX "rewards_tenantId_externalId_key" ON "rewards"("tenantId", "externalId");

-- AddForeignKey
ALTER TABLE "tenant_hosts" ADD CONSTRAINT "tenant_hosts_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "client_secrets" ADD CONSTRAINT "client_secrets_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "admin_api_keys" ADD CONSTRAINT "admin_api_keys_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "admin_roles" ADD CONSTRAINT "admin_roles_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "admin_roles" ADD CONSTRAINT "admin_roles_adminId_fkey" FOREIGN KEY ("adminId") REFERENCES "admins"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "members" ADD CONSTRAINT "members_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_tenantId_memberId_fkey" FOREIGN KEY ("tenantId", "memberId") REFERENCES "members"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_tenantId_memberId_fkey" FOREIGN KEY ("tenantId", "memberId") REFERENCES "members"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "event_types" ADD CONSTRAINT "event_types_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "events" ADD CONSTRAINT "events_tenantId_memberId_fkey" FOREIGN KEY ("tenantId", "memberId") REFERENCES "members"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "rules" ADD CONSTRAINT "rules_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "wallets" ADD CONSTRAINT "wallets_tenantId_memberId_fkey" FOREIGN KEY ("tenantId", "memberId") REFERENCES "members"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ledger_entries" ADD CONSTRAINT "ledger_entries_tenantId_memberId_fkey" FOREIGN KEY ("tenantId", "memberId") REFERENCES "wallets"("tenantId", "memberId") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tiers" ADD CONSTRAINT "tiers_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reward_categories" ADD CONSTRAINT "reward_categories_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "rewards" ADD CONSTRAINT "rewards_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "rewards" ADD CONSTRAINT "rewards_tenantId_categoryId_fkey" FOREIGN KEY ("tenantId", "categoryId") REFERENCES "reward_categories"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "rewards" ADD CONSTRAINT "rewards_tenantId_tierId_fkey" FOREIGN KEY ("tenantId", "tierId") REFERENCES "tiers"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reward_codes" ADD CONSTRAINT "reward_codes_tenantId_rewardId_fkey" FOREIGN KEY ("tenantId", "rewardId") REFERENCES "rewards"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- From here on by hand: what Prisma's schema cannot say. These lines are the second home of each invariant, and hold
-- even if a lock or a condition in the code is lost.

ALTER TABLE "tenants"
  ADD CONSTRAINT "tenants_code_check" CHECK ("code" ~ '^[a-z0-9-]{2,32}$'),
  ADD CONSTRAINT "tenants_authMode_check" CHECK ("authMode" IN ('embedded', 'interactive')),
  ADD CONSTRAINT "tenants_urlActivation_check" CHECK ("urlActivation" IN ('once', 'reusable')),
  ADD CONSTRAINT "tenants_emailConfirmation_check" CHECK ("emailConfirmation" IN ('required', 'off')),
  ADD CONSTRAINT "tenants_lifetimes_check" CHECK (
    "embeddedSeconds" BETWEEN 300 AND 2592000 AND "interactiveSeconds" BETWEEN 300 AND 2592000 AND "idleSeconds" >= 120
  );

ALTER TABLE "admin_roles"
  ADD CONSTRAINT "admin_roles_role_check" CHECK ("role" IN ('OWNER', 'EDITOR', 'VIEWER', 'TILL'));

ALTER TABLE "members"
  ADD CONSTRAINT "members_accountNumber_check" CHECK ("accountNumber" ~ '^[0-9]{7}$'),
  ADD CONSTRAINT "members_gender_check" CHECK ("gender" IN ('FEMALE', 'MALE', 'OTHER', 'UNKNOWN')),
  ADD CONSTRAINT "members_attributes_check" CHECK (jsonb_typeof("attributes") = 'object'),
  -- A member that is there has its identity; a deleted one has nothing personal.
  ADD CONSTRAINT "members_deleted_check" CHECK (
    CASE WHEN "deletedAt" IS NULL
      THEN num_nulls("authIdentifier", "givenName", "familyName", "emailAddress") = 0
      ELSE num_nonnulls("authIdentifier", "externalIdentifier", "givenName", "familyName", "emailAddress", "gender",
        "birthdate", "country", "city", "postcode", "streetAddress", "region", "telephoneNumber", "pictureUrl") = 0
        AND "attributes" = '{}'
    END
  );

ALTER TABLE "sessions"
  ADD CONSTRAINT "sessions_kind_check" CHECK ("kind" IN ('embedded', 'interactive', 'end_user')),
  ADD CONSTRAINT "sessions_ended_check" CHECK (("endedAt" IS NULL) = ("endReason" IS NULL)),
  ADD CONSTRAINT "sessions_confirmation_check" CHECK (("confirmationHash" IS NULL) = ("confirmationExpiresAt" IS NULL));

-- A dead session stays dead.
CREATE FUNCTION "refuse_session_revival"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a session that has ended stays ended';
END $$;
CREATE TRIGGER "sessions_stay_ended" BEFORE UPDATE ON "sessions"
  FOR EACH ROW WHEN (OLD."endedAt" IS NOT NULL AND NEW."endedAt" IS DISTINCT FROM OLD."endedAt")
  EXECUTE FUNCTION "refuse_session_revival"();

ALTER TABLE "events" ADD CONSTRAINT "events_payload_check" CHECK (jsonb_typeof("payload") = 'object');

ALTER TABLE "tiers" ADD CONSTRAINT "tiers_points_check" CHECK ("pointsRequirement" BETWEEN 0 AND 9007199254740991);

ALTER TABLE "rewards"
  ADD CONSTRAINT "rewards_type_check" CHECK ("type" IN ('VOUCHER', 'GENERIC_OFFER')),
  ADD CONSTRAINT "rewards_codeType_check" CHECK (
    "codeType" = 'POOL' OR ("codeType" = 'GENERATED' AND "codePattern" IS NOT NULL)
    OR ("codeType" = 'STATIC' AND "staticCode" IS NOT NULL)
  ),
  ADD CONSTRAINT "rewards_price_check" CHECK ("pricePoints" BETWEEN 0 AND 9007199254740991),
  ADD CONSTRAINT "rewards_stock_check" CHECK ("issuedCount" >= 0 AND "issuedCount" <= "stockTotal"),
  ADD CONSTRAINT "rewards_limit_check" CHECK ("perMemberLimit" > 0);

-- The ledger. A wallet moves by entries and by nothing else: each entry continues the one before it (checked here, by
-- its sequence and the balance it leaves), and at the end of a transaction the wallet shows what its newest entry left.
-- So every balance is the sum of its entries, and no check costs more when the history grows.

ALTER TABLE "wallets"
  ADD CONSTRAINT "wallets_points_check" CHECK (
    "balancePoints" BETWEEN 0 AND 9007199254740991 AND "lifetimePoints" BETWEEN 0 AND 9007199254740991
    AND "spentPoints" BETWEEN 0 AND 9007199254740991 AND "expiredPoints" BETWEEN 0 AND 9007199254740991
    AND "pendingPoints" BETWEEN 0 AND 9007199254740991
  );

ALTER TABLE "ledger_entries"
  ADD CONSTRAINT "ledger_entries_kind_check" CHECK ("kind" IN ('OPENING', 'EARN', 'SPEND', 'EXPIRY', 'ADJUSTMENT')),
  ADD CONSTRAINT "ledger_entries_points_check" CHECK (
    "points" <> 0 AND "points" BETWEEN -9007199254740991 AND 9007199254740991
  ),
  ADD CONSTRAINT "ledger_entries_balance_check" CHECK ("balanceAfterPoints" BETWEEN 0 AND 9007199254740991),
  ADD CONSTRAINT "ledger_entries_sequence_check" CHECK ("sequence" > 0);

CREATE FUNCTION "refuse_ledger_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ledger entries are never changed or deleted';
END $$;
CREATE TRIGGER "ledger_entries_append_only" BEFORE UPDATE OR DELETE ON "ledger_entries"
  FOR EACH ROW EXECUTE FUNCTION "refuse_ledger_change"();
CREATE TRIGGER "ledger_entries_no_truncate" BEFORE TRUNCATE ON "ledger_entries"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_ledger_change"();

CREATE FUNCTION "check_ledger_entry"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "balanceBefore" bigint := 0;
BEGIN
  IF NEW."sequence" > 1 THEN
    SELECT "balanceAfterPoints" INTO STRICT "balanceBefore" FROM "ledger_entries"
      WHERE "tenantId" = NEW."tenantId" AND "memberId" = NEW."memberId" AND "sequence" = NEW."sequence" - 1;
  END IF;
  IF "balanceBefore" + NEW."points" <> NEW."balanceAfterPoints" THEN
    RAISE EXCEPTION 'ledger entry % does not continue the one before it', NEW."id";
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "ledger_entries_continue" BEFORE INSERT ON "ledger_entries"
  FOR EACH ROW EXECUTE FUNCTION "check_ledger_entry"();

CREATE FUNCTION "check_wallet_shows_newest_entry"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "shown" record;
  "newest" record;
BEGIN
  SELECT "balancePoints", "entryCount" INTO "shown" FROM "wallets"
    WHERE "tenantId" = NEW."tenantId" AND "memberId" = NEW."memberId";
  SELECT "balanceAfterPoints", "sequence" INTO "newest" FROM "ledger_entries"
    WHERE "tenantId" = NEW."tenantId" AND "memberId" = NEW."memberId" ORDER BY "sequence" DESC LIMIT 1;
  IF "shown"."balancePoints" <> COALESCE("newest"."balanceAfterPoints", 0)
    OR "shown"."entryCount" <> COALESCE("newest"."sequence", 0) THEN
    RAISE EXCEPTION 'the wallet of member % does not show its newest ledger entry', NEW."memberId";
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER "wallets_show_newest_entry" AFTER INSERT OR UPDATE ON "wallets"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "check_wallet_shows_newest_entry"();
CREATE CONSTRAINT TRIGGER "ledger_entries_move_wallet" AFTER INSERT ON "ledger_entries"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "check_wallet_shows_newest_entry"();
