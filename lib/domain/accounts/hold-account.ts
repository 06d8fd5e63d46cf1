/**
 * An account that nobody else changes until the transaction ends, and as it is by then: whoever decides by what it says,
 * or counts its mails, holds it first. All do so by the member's row, which sign-in, restricting and leaving take, too.
 */
import { type AccountRow, findAccountByEmail, findAccountOfMember } from "#lib/db/accounts.ts";
import type { Tx } from "#lib/db/client.ts";
import { lockMember } from "#lib/db/members.ts";

export async function holdAccountByEmail(
  tx: Tx,
  tenantId: string,
  emailAddress: string,
): Promise<AccountRow | null> {
  const found = await findAccountByEmail(tenantId, emailAddress, tx);
  if (!found) return null;
  await lockMember(tx, tenantId, found.memberId);
  const held = await findAccountByEmail(tenantId, emailAddress, tx);
  const isHeld = held === null || held.memberId === found.memberId;
  return isHeld ? held : holdAccountByEmail(tx, tenantId, emailAddress); // somebody else has the address by now
}

export async function holdAccountOfMember(
  tx: Tx,
  tenantId: string,
  memberId: string,
): Promise<AccountRow | null> {
  await lockMember(tx, tenantId, memberId);
  return findAccountOfMember(tenantId, memberId, tx);
}
