import { addSeconds, now } from "#lib/config/clock.ts";
import { deleteDeadSessions } from "#lib/db/sessions.ts";

// For a day a dead row can still say why it is dead, and tell a used link in its own browser from a stolen one.
const keptSeconds = 86_400;
const rowsPerStatement = 2_000; // so that the embedded database is never busy for long

/** Deletes the rows of sessions that have been dead for a day; how many there were. */
export async function sweepSessions(): Promise<number> {
  const deadBefore = addSeconds(now(), -keptSeconds);
  let swept = 0;
  for (;;) {
    const deleted = await deleteDeadSessions(deadBefore, rowsPerStatement);
    swept += deleted;
    if (deleted < rowsPerStatement) return swept;
  }
}
