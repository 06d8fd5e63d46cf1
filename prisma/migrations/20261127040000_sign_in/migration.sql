-- AlterTable
ALTER TABLE "accounts" ADD COLUMN     "knownAddresses" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- AlterTable
ALTER TABLE "sessions" ADD COLUMN     "deviceName" TEXT,
ADD COLUMN     "providerSessionId" TEXT,
ADD COLUMN     "providerSubject" TEXT,
ADD COLUMN     "sealedIdToken" TEXT;

-- CreateTable
CREATE TABLE "account_links" (
    "tenantId" UUID NOT NULL,
    "tokenHash" TEXT NOT NULL,
    "memberId" UUID NOT NULL,
    "purpose" TEXT NOT NULL,
    "newEmailAddress" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "account_links_pkey" PRIMARY KEY ("tenantId","tokenHash")
);

-- CreateTable
CREATE TABLE "outbox" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "memberId" UUID NOT NULL,
    "isRequested" BOOLEAN NOT NULL,
    "sealedMessage" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "nextTryAt" TIMESTAMPTZ(3),
    "tries" INTEGER NOT NULL DEFAULT 0,
    "sentAt" TIMESTAMPTZ(3),

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "logout_tokens" (
    "tenantId" UUID NOT NULL,
    "jti" TEXT NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "logout_tokens_pkey" PRIMARY KEY ("tenantId","jti")
);

-- CreateIndex
CREATE INDEX "account_links_tenantId_memberId_idx" ON "account_links"("tenantId", "memberId");

-- CreateIndex
CREATE INDEX "account_links_expiresAt_idx" ON "account_links"("expiresAt");

-- CreateIndex
CREATE INDEX "outbox_tenantId_memberId_createdAt_idx" ON "outbox"("tenantId", "memberId", "createdAt");

-- CreateIndex
CREATE INDEX "outbox_nextTryAt_idx" ON "outbox"("nextTryAt");

-- CreateIndex
CREATE INDEX "outbox_createdAt_idx" ON "outbox"("createdAt");

-- CreateIndex
CREATE INDEX "logout_tokens_expiresAt_idx" ON "logout_tokens"("expiresAt");

-- AddForeignKey
ALTER TABLE "account_links" ADD CONSTRAINT "account_links_tenantId_memberId_fkey" FOREIGN KEY ("tenantId", "memberId") REFERENCES "accounts"("tenantId", "memberId") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "outbox" ADD CONSTRAINT "outbox_tenantId_memberId_fkey" FOREIGN KEY ("tenantId", "memberId") REFERENCES "members"("tenantId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "logout_tokens" ADD CONSTRAINT "logout_tokens_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- From here on by hand: what Prisma's schema cannot say.

-- Only sessions of an identity provider are found by its names for them; the others do not pay for it.
CREATE INDEX "sessions_provider_subject_idx" ON "sessions" ("tenantId", "providerSubject")
  WHERE "providerSubject" IS NOT NULL;
CREATE INDEX "sessions_provider_session_idx" ON "sessions" ("tenantId", "providerSessionId")
  WHERE "providerSessionId" IS NOT NULL;

-- A person types an address as it comes; it is one account all the same. Of two that were made before, one keeps the form
-- it has, and is found by nobody until it is changed.
UPDATE "accounts" a SET "emailAddress" = lower(a."emailAddress")
  WHERE a."emailAddress" <> lower(a."emailAddress") AND NOT EXISTS (
    SELECT 1 FROM "accounts" o WHERE o."tenantId" = a."tenantId" AND o."memberId" <> a."memberId"
      AND lower(o."emailAddress") = lower(a."emailAddress"));
ALTER TABLE "accounts" ALTER COLUMN "knownAddresses" SET NOT NULL;

ALTER TABLE "account_links"
  ADD CONSTRAINT "account_links_purpose_check" CHECK ("purpose" IN ('confirm_email', 'reset_password', 'change_email')),
  ADD CONSTRAINT "account_links_change_check" CHECK (("purpose" = 'change_email') = ("newEmailAddress" IS NOT NULL));

-- A mail is on its way, or it is sent or given up, and then nothing of it is left.
ALTER TABLE "outbox"
  ADD CONSTRAINT "outbox_state_check" CHECK (("nextTryAt" IS NULL) = ("sealedMessage" IS NULL)),
  ADD CONSTRAINT "outbox_sent_check" CHECK ("sentAt" IS NULL OR "nextTryAt" IS NULL);
