import { now } from "#lib/config/clock.ts";
import { deleteOldLinks } from "#lib/db/accounts.ts";
import { deleteOldLogoutTokens } from "#lib/db/logout-tokens.ts";

/** Deletes links of mails whose time is over, and logout tokens that would be refused by now in any case. */
export async function sweepSignIn(): Promise<void> {
  await deleteOldLinks(now());
  await deleteOldLogoutTokens(now());
}
