import { db } from "#lib/db/client.ts";

/**
 * Gives the room of dead rows back and renews the planner's statistics, of the tables in which enough has changed. A
 * PostgreSQL server does both by itself, by the same rule; the embedded database has nobody else to do it. A table with
 * next to nothing in it is left alone: counted as empty, it would be read by the wrong index once it grows.
 */
export async function tidyDatabase(): Promise<void> {
  const tables = await db().$queryRaw<{ name: string }[]>`
    SELECT format('%I.%I', s."schemaname", s."relname") AS "name"
    FROM "pg_stat_user_tables" s JOIN "pg_class" c ON c."oid" = s."relid"
    WHERE GREATEST(s."n_live_tup", c."reltuples") >= 50
      AND (s."n_mod_since_analyze" > 50 + 0.1 * c."reltuples" OR s."n_dead_tup" > 50 + 0.2 * c."reltuples")`;
  for (const { name } of tables) await db().$executeRawUnsafe(`VACUUM (ANALYZE) ${name}`);
}
