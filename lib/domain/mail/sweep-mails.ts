import { deleteOldMailFiles } from "#lib/clients/mail.ts";
import { addSeconds, now } from "#lib/config/clock.ts";
import { deleteOldMails } from "#lib/db/outbox.ts";

// For so long a row can still tell that and when a mail was sent; what it said is gone since then.
const keptSeconds = 30 * 86_400;
const rowsPerStatement = 2_000; // so that the embedded database is never busy for long

/** Deletes what is left of mails from more than 30 days ago, files and rows; how many rows there were. */
export async function sweepMails(): Promise<number> {
  const createdBefore = addSeconds(now(), -keptSeconds);
  await deleteOldMailFiles(createdBefore);
  let swept = 0;
  for (;;) {
    const deleted = await deleteOldMails(createdBefore, rowsPerStatement);
    swept += deleted;
    if (deleted < rowsPerStatement) return swept;
  }
}
