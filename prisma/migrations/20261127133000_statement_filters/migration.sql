-- A statement of one kind of movements costs the same however many others lie between them. Each entry is in one of these, so
-- that posting one writes to one index more. The conditions are those of `statementKinds` in lib/db/ledger.ts.
CREATE INDEX "ledger_entries_in_idx" ON "ledger_entries" ("tenantId", "memberId", "sequence")
  WHERE "kind" IN ('OPENING', 'EARN');
CREATE INDEX "ledger_entries_out_idx" ON "ledger_entries" ("tenantId", "memberId", "sequence")
  WHERE "kind" = 'SPEND';
CREATE INDEX "ledger_entries_other_idx" ON "ledger_entries" ("tenantId", "memberId", "sequence")
  WHERE "kind" IN ('REFUND', 'EXPIRY', 'ADJUSTMENT', 'REVERSAL');
