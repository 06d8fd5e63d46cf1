import { type BrokenLaw, findBrokenLaws } from "#lib/db/laws.ts";

export type { BrokenLaw };

/** Proves every law of the ledger and of what was handed out, over the whole database; what breaks them, up to 1,000 rows. */
export function checkLaws(): Promise<BrokenLaw[]> {
  return findBrokenLaws();
}
