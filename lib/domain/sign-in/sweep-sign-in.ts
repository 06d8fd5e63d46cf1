import { now } from "#lib/config/clock.ts";
import { deleteOldLinks } from "#lib/db/accounts.ts";
import { deleteOldSpentTokens } from "#lib/db/spent-tokens.ts";

/** Deletes links of mails whose time is over, and spent tokens that would be refused by now in any case. */
export async function sweepSignIn(): Promise<void> {
  await deleteOldLinks(now());
  await deleteOldSpentTokens(now());
}
