import { db, Prisma, type Tx } from "#lib/db/client.ts";
import { dropMailsOfMember } from "#lib/db/outbox.ts";

export type MemberRow = {
  id: string;
  authIdentifier: string | null;
  externalIdentifier: string | null;
  accountNumber: string;
  givenName: string | null;
  familyName: string | null;
  emailAddress: string | null;
  gender: string | null;
  birthdate: string | null;
  country: string | null;
  city: string | null;
  postcode: string | null;
  streetAddress: string | null;
  region: string | null;
  telephoneNumber: string | null;
  pictureUrl: string | null;
  /** Chosen by the member; null leaves it to the browser. */
  locale: string | null;
  attributes: Record<string, unknown>;
  flags: Record<string, boolean>;
  isRestricted: boolean;
  /** A text where the row was read as JSON. */
  createdAt: Date | string;
  updatedAt: Date | string;
};

/** The columns of a profile that are text; the birthdate is a date and stands apart. */
export const profileTextColumns = [
  "givenName",
  "familyName",
  "emailAddress",
  "gender",
  "country",
  "city",
  "postcode",
  "streetAddress",
  "region",
  "telephoneNumber",
  "pictureUrl",
] as const;

/** A MemberRow from a table or a common table expression that is called `m`. */
export const memberColumns = Prisma.raw(
  [
    ...["id", "authIdentifier", "externalIdentifier", "accountNumber", ...profileTextColumns],
    ...["locale", "attributes", "flags", "isRestricted", "createdAt", "updatedAt"],
  ]
    .map((column) => `m."${column}"`)
    .concat(`to_char(m."birthdate", 'YYYY-MM-DD') AS "birthdate"`)
    .join(", "),
);

/** Reads the member and holds the row until the transaction ends; null if there is none. */
export async function lockMember(tx: Tx, tenantId: string, memberId: string): Promise<{ id: string } | null> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT "id" FROM "members"
    WHERE "tenantId" = ${tenantId}::uuid AND "id" = ${memberId}::uuid AND "deletedAt" IS NULL
    FOR UPDATE`;
  return rows[0] ?? null;
}

/** The same by the identifier that the host knows. */
export async function lockMemberByAuthIdentifier(
  tx: Tx,
  tenantId: string,
  authIdentifier: string,
): Promise<{ id: string } | null> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT "id" FROM "members"
    WHERE "tenantId" = ${tenantId}::uuid AND "authIdentifier" = ${authIdentifier}
    FOR UPDATE`;
  return rows[0] ?? null;
}

export async function findMemberByAuthIdentifier(
  tenantId: string,
  authIdentifier: string,
  tx?: Tx,
): Promise<{ id: string; isRestricted: boolean } | null> {
  return (tx ?? db()).member.findUnique({
    where: { tenantId_authIdentifier: { tenantId, authIdentifier } },
    select: { id: true, isRestricted: true },
  });
}

/** Takes away everything personal; the row, its account number and its ledger stay. */
export async function redactMember(tx: Tx, tenantId: string, memberId: string, at: Date): Promise<void> {
  await tx.account.deleteMany({ where: { tenantId, memberId } }); // and its links with it
  await dropMailsOfMember(tx, tenantId, memberId);
  const unnamed = { deviceName: null, providerSubject: null, providerSessionId: null, sealedIdToken: null };
  await tx.session.updateMany({ where: { tenantId, memberId }, data: unnamed });
  await tx.benefit.updateMany({ where: { tenantId, memberId }, data: { comment: null } });
  await tx.member.update({
    where: { tenantId_id: { tenantId, id: memberId } },
    data: {
      authIdentifier: null,
      externalIdentifier: null,
      ...Object.fromEntries(profileTextColumns.map((column) => [column, null])),
      birthdate: null,
      locale: null,
      attributes: {},
      flags: {},
      updatedAt: at,
      deletedAt: at,
    },
  });
}

/** Null for a member who has left, too. */
export async function findMemberRow(tenantId: string, memberId: string, tx?: Tx): Promise<MemberRow | null> {
  const rows = await (tx ?? db()).$queryRaw<MemberRow[]>`
    SELECT ${memberColumns} FROM "members" m
    WHERE m."tenantId" = ${tenantId}::uuid AND m."id" = ${memberId}::uuid AND m."deletedAt" IS NULL`;
  return rows[0] ?? null;
}

/** The same by the identifier that the host or the identity provider knows. */
export async function findMemberRowByAuthIdentifier(
  tenantId: string,
  authIdentifier: string,
): Promise<MemberRow | null> {
  const rows = await db().$queryRaw<MemberRow[]>`
    SELECT ${memberColumns} FROM "members" m
    WHERE m."tenantId" = ${tenantId}::uuid AND m."authIdentifier" = ${authIdentifier} AND m."deletedAt" IS NULL`;
  return rows[0] ?? null;
}

export type MemberFilter = {
  authIdentifier?: string | undefined;
  emailAddress?: string | undefined;
  accountNumber?: string | undefined;
};

/** Members that have all that the filter names, newest first: those with an id before `beforeId`, where it is given. */
export function listMemberRows(
  tenantId: string,
  { authIdentifier, emailAddress, accountNumber }: MemberFilter,
  page: { beforeId: string | null; limit: number },
): Promise<MemberRow[]> {
  const conditions = [
    Prisma.sql`m."tenantId" = ${tenantId}::uuid AND m."deletedAt" IS NULL`,
    ...(authIdentifier === undefined ? [] : [Prisma.sql`m."authIdentifier" = ${authIdentifier}`]),
    ...(emailAddress === undefined ? [] : [Prisma.sql`m."emailAddress" = ${emailAddress}`]),
    ...(accountNumber === undefined ? [] : [Prisma.sql`m."accountNumber" = ${accountNumber}`]),
    ...(page.beforeId === null ? [] : [Prisma.sql`m."id" < ${page.beforeId}::uuid`]),
  ];
  return db().$queryRaw<MemberRow[]>`
    SELECT ${memberColumns} FROM "members" m WHERE ${Prisma.join(conditions, " AND ")}
    ORDER BY m."id" DESC LIMIT ${page.limit}`;
}

/** What people know a member by: a card's number is one member's, an address or a telephone number may be several's. */
export type MemberName = { emailAddress: string } | { telephoneNumber: string } | { accountNumber: string };

/** The ids of two members at most who are known by this. */
export async function listIdsByName(tenantId: string, name: MemberName): Promise<string[]> {
  const rows = await db().$queryRaw<{ id: string }[]>`
    SELECT m."id" FROM "members" m
    WHERE m."tenantId" = ${tenantId}::uuid AND m."deletedAt" IS NULL AND ${isNamed(name)} LIMIT 2`;
  return rows.map(({ id }) => id);
}

function isNamed(name: MemberName): Prisma.Sql {
  if ("emailAddress" in name) return Prisma.sql`lower(m."emailAddress") = lower(${name.emailAddress})`;
  if ("telephoneNumber" in name) return Prisma.sql`m."telephoneNumber" = ${name.telephoneNumber}`;
  return Prisma.sql`m."accountNumber" = ${name.accountNumber}`;
}

/** A member and its wallet, which stands before anything goes into it. */
export async function insertMember(tx: Tx, data: Prisma.MemberUncheckedCreateInput): Promise<void> {
  await tx.member.create({ data });
  await tx.wallet.create({ data: { tenantId: data.tenantId, memberId: data.id } });
}

export async function updateMemberRow(
  tx: Tx,
  tenantId: string,
  id: string,
  data: Prisma.MemberUncheckedUpdateInput,
): Promise<void> {
  await tx.member.update({ where: { tenantId_id: { tenantId, id } }, data });
}

export async function isAccountNumberTaken(
  tx: Tx,
  tenantId: string,
  accountNumber: string,
): Promise<boolean> {
  const where = { tenantId_accountNumber: { tenantId, accountNumber } };
  return (await tx.member.findUnique({ where, select: { id: true } })) !== null;
}
