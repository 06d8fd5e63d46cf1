-- AlterTable
ALTER TABLE "members" ADD COLUMN "locale" TEXT;

-- From here on by hand: a language's code, and nothing of who has left.
ALTER TABLE "members"
  ADD CONSTRAINT "members_locale_check" CHECK ("locale" ~ '^[a-z]{2}$'),
  ADD CONSTRAINT "members_deleted_locale_check" CHECK ("deletedAt" IS NULL OR "locale" IS NULL);
