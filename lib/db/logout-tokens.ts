import { db, type Tx } from "#lib/db/client.ts";

/** Fails as already there (`isAlreadyThere`) for a token that was obeyed before. */
export async function insertLogoutToken(
  tx: Tx,
  token: { tenantId: string; jti: string; expiresAt: Date },
): Promise<void> {
  await tx.logoutToken.create({ data: token });
}

/** Deletes those that no longer pass anyway. */
export async function deleteOldLogoutTokens(at: Date): Promise<number> {
  const { count } = await db().logoutToken.deleteMany({ where: { expiresAt: { lt: at } } });
  return count;
}
