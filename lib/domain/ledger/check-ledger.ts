import { type BrokenLaw, findBrokenLedgerLaws } from "#lib/db/ledger.ts";

export type { BrokenLaw };

/** Proves the ledger's laws over the whole database; answers with what breaks them, at most 1,000 rows. */
export function checkLedger(): Promise<BrokenLaw[]> {
  return findBrokenLedgerLaws();
}
