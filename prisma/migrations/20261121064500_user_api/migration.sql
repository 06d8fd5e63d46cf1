-- What the user API asks for: members by their e-mail address, and the benefits that a member can still use.
CREATE INDEX "members_tenantId_emailAddress_idx" ON "members" ("tenantId", "emailAddress");
CREATE INDEX "benefits_usable_idx" ON "benefits" ("tenantId", "memberId", "createdAt" DESC, "id" DESC)
  WHERE "burnedAt" IS NULL AND "cancelledAt" IS NULL;
