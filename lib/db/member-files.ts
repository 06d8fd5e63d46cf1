/** A member with its account's state and its wallet, in one statement. */
import { askForJson, Prisma } from "#lib/db/client.ts";
import { type MemberRow, memberColumns } from "#lib/db/members.ts";
import { type NumberedRows, orderOf, readNumberedRows } from "#lib/db/numbered-page.ts";
import { type WalletColumns, walletColumns } from "#lib/db/wallets.ts";

export type MemberFileRow = MemberRow & {
  /** There is a Laurel account whose address nobody has confirmed. */
  isUnconfirmed: boolean;
  wallet: WalletColumns;
};

export type MemberOrder = "createdAt" | "email";

type Programme = { tenantId: string; tierWindowDays: number | null; at: Date };

function fileColumns({ tierWindowDays, at }: Programme): Prisma.Sql {
  return Prisma.sql`${memberColumns},
    EXISTS (SELECT 1 FROM "accounts" a WHERE a."tenantId" = m."tenantId" AND a."memberId" = m."id"
      AND a."emailConfirmedAt" IS NULL) AS "isUnconfirmed",
    (SELECT to_jsonb(x) FROM (SELECT ${walletColumns(tierWindowDays, at)} FROM "wallets" w
      WHERE w."tenantId" = m."tenantId" AND w."memberId" = m."id") x) AS "wallet"`;
}

function membersOf(tenantId: string): Prisma.Sql {
  return Prisma.sql`FROM "members" m WHERE m."tenantId" = ${tenantId}::uuid AND m."deletedAt" IS NULL`;
}

/** Null for a member who has left, too. */
export function findMemberFileRow(programme: Programme, memberId: string): Promise<MemberFileRow | null> {
  return askForJson(Prisma.sql`SELECT to_jsonb(f) FROM (
    SELECT ${fileColumns(programme)} ${membersOf(programme.tenantId)} AND m."id" = ${memberId}::uuid) f`);
}

export function pageMemberFileRows(
  programme: Programme,
  page: {
    offset: number;
    limit: number;
    orderBy: readonly { field: MemberOrder; isAscending: boolean }[];
  },
): Promise<NumberedRows<MemberFileRow>> {
  const { orderBy, ...slice } = page;
  const columns = { createdAt: Prisma.sql`m."id"`, email: Prisma.sql`lower(m."emailAddress")` };
  return readNumberedRows({
    ...{ row: "m", ...slice, columns: fileColumns(programme), from: membersOf(programme.tenantId) },
    orderBy: orderOf(orderBy, columns, Prisma.sql`m."id" DESC`),
  });
}
