/** Laurel accounts, and the links in mails by which they are confirmed, opened again and moved to another address. */
import { db, Prisma, type Tx } from "#lib/db/client.ts";

export type AccountRow = {
  memberId: string;
  emailAddress: string;
  passwordHash: string;
  emailConfirmedAt: Date | null;
  signUpHash: string | null;
  knownAddresses: string[];
  isRestricted: boolean;
  givenName: string | null;
};

const accountColumns = Prisma.sql`a."memberId", a."emailAddress", a."passwordHash", a."emailConfirmedAt",
  a."signUpHash", a."knownAddresses", m."isRestricted", m."givenName"`;
const accountsWithMembers = Prisma.sql`"accounts" a JOIN "members" m ON m."tenantId" = a."tenantId"
  AND m."id" = a."memberId" AND m."deletedAt" IS NULL`;

/** `emailAddress` in the form that accounts keep it in. */
export async function findAccountByEmail(
  tenantId: string,
  emailAddress: string,
  tx?: Tx,
): Promise<AccountRow | null> {
  const rows = await (tx ?? db()).$queryRaw<AccountRow[]>`
    SELECT ${accountColumns} FROM ${accountsWithMembers}
    WHERE a."tenantId" = ${tenantId}::uuid AND a."emailAddress" = ${emailAddress}`;
  return rows[0] ?? null;
}

/** By the number on its member's card. */
export async function findAccountByAccountNumber(
  tenantId: string,
  accountNumber: string,
): Promise<AccountRow | null> {
  const rows = await db().$queryRaw<AccountRow[]>`
    SELECT ${accountColumns} FROM ${accountsWithMembers}
    WHERE a."tenantId" = ${tenantId}::uuid AND m."accountNumber" = ${accountNumber}`;
  return rows[0] ?? null;
}

export async function findAccountOfMember(
  tenantId: string,
  memberId: string,
  tx?: Tx,
): Promise<AccountRow | null> {
  const rows = await (tx ?? db()).$queryRaw<AccountRow[]>`
    SELECT ${accountColumns} FROM ${accountsWithMembers}
    WHERE a."tenantId" = ${tenantId}::uuid AND a."memberId" = ${memberId}::uuid`;
  return rows[0] ?? null;
}

/** Fails as already there (`isAlreadyThere`) where another account has the address. */
export async function insertAccount(
  tx: Tx,
  account: {
    tenantId: string;
    memberId: string;
    emailAddress: string;
    passwordHash: string;
    emailConfirmedAt: Date | null;
    signUpHash: string | null;
    at: Date;
  },
): Promise<void> {
  const { at, ...data } = account;
  await tx.account.create({ data: { ...data, createdAt: at, updatedAt: at } });
}

/** Changes an account that has this password; false where it has another one since. */
export async function updateAccount(
  tx: Tx,
  { tenantId, memberId, passwordHash }: { tenantId: string; memberId: string; passwordHash: string },
  data: Prisma.AccountUpdateManyMutationInput,
): Promise<boolean> {
  const { count } = await tx.account.updateMany({ where: { tenantId, memberId, passwordHash }, data });
  return count === 1;
}

/** Accounts that nobody has confirmed or used, or signed up with since `updatedBefore`, in tenants that want a confirmation. */
export function listUnconfirmedAccounts(
  updatedBefore: Date,
  limit: number,
): Promise<{ tenantId: string; memberId: string }[]> {
  return db().$queryRaw`
    SELECT a."tenantId", a."memberId" FROM "accounts" a JOIN "tenants" t ON t."id" = a."tenantId"
    WHERE a."emailConfirmedAt" IS NULL AND a."knownAddresses" = '{}' AND a."updatedAt" < ${updatedBefore} AND t."emailConfirmation" = 'required'
    LIMIT ${limit}`;
}

export type LinkPurpose = "confirm_email" | "reset_password" | "change_email";

export type LinkRow = { memberId: string; purpose: LinkPurpose; newEmailAddress: string | null };

export async function insertLink(
  tx: Tx,
  link: {
    tenantId: string;
    tokenHash: string;
    memberId: string;
    purpose: LinkPurpose;
    newEmailAddress: string | null;
    createdAt: Date;
    expiresAt: Date;
  },
): Promise<void> {
  await tx.accountLink.create({ data: link });
}

/** What a link is for, while it is good. */
export async function findLink(tenantId: string, tokenHash: string, at: Date): Promise<LinkRow | null> {
  const link = await db().accountLink.findUnique({ where: { tenantId_tokenHash: { tenantId, tokenHash } } });
  return link && link.expiresAt > at ? (link as LinkRow) : null;
}

/** Takes a good link away, so that it works once: of two who open it at the same moment one gets it. */
export async function takeLink(
  tx: Tx,
  tenantId: string,
  tokenHash: string,
  at: Date,
): Promise<LinkRow | null> {
  const rows = await tx.$queryRaw<LinkRow[]>`
    DELETE FROM "account_links"
    WHERE "tenantId" = ${tenantId}::uuid AND "tokenHash" = ${tokenHash} AND "expiresAt" > ${at}
    RETURNING "memberId", "purpose", "newEmailAddress"`;
  return rows[0] ?? null;
}

export async function deleteLinks(
  tx: Tx,
  tenantId: string,
  memberId: string,
  purposes: readonly LinkPurpose[],
): Promise<void> {
  await tx.accountLink.deleteMany({ where: { tenantId, memberId, purpose: { in: [...purposes] } } });
}

/** Deletes those that are good for nothing any more. */
export async function deleteOldLinks(at: Date): Promise<number> {
  const { count } = await db().accountLink.deleteMany({ where: { expiresAt: { lt: at } } });
  return count;
}
