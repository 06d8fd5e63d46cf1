/** What works once, and has: until its time is over a row keeps it from working again. */
import { db, type Tx } from "#lib/db/client.ts";

/** Fails as already there (`isAlreadyThere`) for one that was spent before. */
export async function insertSpentToken(
  tx: Tx | null,
  token: { tenantId: string; tokenHash: string; expiresAt: Date },
): Promise<void> {
  await (tx ?? db()).spentToken.create({ data: token, select: { tenantId: true } });
}

/** Deletes those that no longer pass anyway. */
export async function deleteOldSpentTokens(at: Date): Promise<number> {
  const { count } = await db().spentToken.deleteMany({ where: { expiresAt: { lt: at } } });
  return count;
}
