-- AlterTable
ALTER TABLE "accounts" ADD COLUMN     "signUpHash" TEXT;

-- By hand: what was asked for before is counted no more; that is an hour's worth of it.
ALTER TABLE "outbox" DROP COLUMN "isRequested",
ADD COLUMN     "requestedFor" TEXT;

-- By hand: the table of spent logout tokens takes all that is spent. Its few rows are over in minutes; a logout token that comes
-- again until then ends sessions that have ended.
ALTER TABLE "logout_tokens" RENAME TO "spent_tokens";
ALTER TABLE "spent_tokens" RENAME COLUMN "jti" TO "tokenHash";
ALTER TABLE "spent_tokens" RENAME CONSTRAINT "logout_tokens_pkey" TO "spent_tokens_pkey";
ALTER TABLE "spent_tokens" RENAME CONSTRAINT "logout_tokens_tenantId_fkey" TO "spent_tokens_tenantId_fkey";
ALTER INDEX "logout_tokens_expiresAt_idx" RENAME TO "spent_tokens_expiresAt_idx";

-- Accounts that nobody confirmed are looked for, and they are few.
CREATE INDEX "accounts_unconfirmed_idx" ON "accounts" ("updatedAt") WHERE "emailConfirmedAt" IS NULL;
