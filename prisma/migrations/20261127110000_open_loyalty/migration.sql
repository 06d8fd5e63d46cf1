-- Members by what people know of them, whatever its capitals; and purchases, of one member and of all, the latest first.
CREATE INDEX "members_email_folded_idx" ON "members" ("tenantId", lower("emailAddress")) WHERE "deletedAt" IS NULL;
CREATE INDEX "members_telephone_idx" ON "members" ("tenantId", "telephoneNumber") WHERE "deletedAt" IS NULL;
CREATE INDEX "events_purchases_idx" ON "events" ("tenantId", "occurredAt" DESC, "id" DESC) WHERE "type" = 'PURCHASE';
CREATE INDEX "events_member_purchases_idx" ON "events" ("tenantId", "memberId", "occurredAt" DESC, "id" DESC)
  WHERE "type" = 'PURCHASE';
