/** A long past, written past the ledger's writer because a million calls of it would take an hour; its laws hold. */
import { db } from "#lib/db/client.ts";

/**
 * Gives the members of a programme `entries` more entries in all, in turns: two that bring 10 points each, one that takes
 * 10. So most of what came in has been spent again, and a third of the lots are still open.
 */
export async function fillHistory(
  tenantId: string,
  memberIds: readonly string[],
  entries: number,
): Promise<void> {
  const rounds = Math.ceil(entries / memberIds.length / 3);
  for (const memberId of memberIds) {
    await db().$transaction(
      async (tx) => {
        // Neither triggers nor foreign keys: what is written here keeps the laws, and checkLaws() looks at the end.
        await tx.$executeRawUnsafe("SET LOCAL session_replication_role = replica");
        await tx.$executeRaw`
          CREATE TEMPORARY TABLE "past" ON COMMIT DROP AS
          SELECT w."memberId", r AS "round", k AS "kind", gen_random_uuid() AS "id", gen_random_uuid() AS "lotId",
            w."entryCount" + (r - 1) * 3 + k AS "sequence",
            w."balancePoints" + (r - 1) * 10 + CASE k WHEN 1 THEN 10 WHEN 2 THEN 20 ELSE 10 END AS "balance",
            now() - interval '360 days' * (1 - r::float8 / ${rounds}::float8) AS "at"
          FROM "wallets" w, generate_series(1, ${rounds}::int) r, generate_series(1, 3) k
          WHERE w."tenantId" = ${tenantId}::uuid
            AND w."memberId" = ${memberId}::uuid`;
        await tx.$executeRaw`
          INSERT INTO "ledger_entries" ("tenantId", "id", "memberId", "sequence", "kind", "points",
            "balanceAfterPoints", "lifetimePoints", "spentPoints", "occurredAt", "createdAt")
          SELECT ${tenantId}::uuid, "id", "memberId", "sequence", CASE WHEN "kind" < 3 THEN 'EARN' ELSE 'SPEND' END,
            CASE WHEN "kind" < 3 THEN 10 ELSE -10 END, "balance", CASE WHEN "kind" < 3 THEN 10 ELSE 0 END,
            CASE WHEN "kind" < 3 THEN 0 ELSE 10 END, "at", "at"
          FROM "past"`;
        await tx.$executeRaw`
          INSERT INTO "point_lots" ("tenantId", "id", "memberId", "entryId", "earnedPoints", "remainingPoints",
            "earnedAt", "expiresAt")
          SELECT ${tenantId}::uuid, "lotId", "memberId", "id", 10, CASE "kind" WHEN 1 THEN 0 ELSE 10 END, "at",
            "at" + interval '400 days'
          FROM "past" WHERE "kind" < 3`;
        await tx.$executeRaw`
          INSERT INTO "lot_spends" ("tenantId", "entryId", "lotId", "points")
          SELECT ${tenantId}::uuid, s."id", l."lotId", 10
          FROM "past" s JOIN "past" l USING ("memberId", "round") WHERE s."kind" = 3 AND l."kind" = 1`;
        await tx.$executeRaw`
          UPDATE "wallets" w SET "balancePoints" = w."balancePoints" + ${rounds * 10}::bigint,
            "lifetimePoints" = w."lifetimePoints" + ${rounds * 20}::bigint,
            "spentPoints" = w."spentPoints" + ${rounds * 10}::bigint, "entryCount" = w."entryCount" + ${rounds * 3}::int,
            "nextExpiryAt" = (SELECT min(l."expiresAt") FROM "point_lots" l
              WHERE l."tenantId" = w."tenantId" AND l."memberId" = w."memberId" AND l."remainingPoints" > 0)
          WHERE w."tenantId" = ${tenantId}::uuid
            AND w."memberId" = ${memberId}::uuid`;
      },
      { timeout: 600_000, maxWait: 60_000 },
    );
  }
  for (const table of ["ledger_entries", "point_lots", "lot_spends", "wallets"]) {
    await db().$executeRawUnsafe(`VACUUM (ANALYZE) "${table}"`);
  }
}
