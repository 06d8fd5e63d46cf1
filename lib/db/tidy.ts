import { db } from "#lib/db/client.ts";

/**
 * Gives the room of dead rows back and renews the planner's statistics. A PostgreSQL server does both by itself; the
 * embedded database has nobody else to do it.
 */
export async function tidyDatabase(): Promise<void> {
  await db().$executeRawUnsafe("VACUUM (ANALYZE)");
}
