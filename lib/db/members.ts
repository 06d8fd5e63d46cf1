import { db, Prisma, type Tx } from "#lib/db/client.ts";

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
  attributes: Record<string, unknown>;
  flags: Record<string, boolean>;
  isRestricted: boolean;
  createdAt: Date;
  updatedAt: Date;
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
    ...["attributes", "flags", "isRestricted", "createdAt", "updatedAt"],
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
): Promise<{ id: string; isRestricted: boolean } | null> {
  return db().member.findUnique({
    where: { tenantId_authIdentifier: { tenantId, authIdentifier } },
    select: { id: true, isRestricted: true },
  });
}

export async function setRestricted(
  tx: Tx,
  tenantId: string,
  memberId: string,
  isRestricted: boolean,
  at: Date,
): Promise<void> {
  await tx.member.update({
    where: { tenantId_id: { tenantId, id: memberId } },
    data: { isRestricted, updatedAt: at },
  });
}

/** Takes away everything personal; the row, its account number and its ledger stay. */
export async function redactMember(tx: Tx, tenantId: string, memberId: string, at: Date): Promise<void> {
  await tx.account.deleteMany({ where: { tenantId, memberId } });
  await tx.member.update({
    where: { tenantId_id: { tenantId, id: memberId } },
    data: {
      authIdentifier: null,
      externalIdentifier: null,
      ...Object.fromEntries(profileTextColumns.map((column) => [column, null])),
      birthdate: null,
      attributes: {},
      flags: {},
      updatedAt: at,
      deletedAt: at,
    },
  });
}

/** Null for a member who has left, too. */
export async function findMemberRow(tx: Tx, tenantId: string, memberId: string): Promise<MemberRow | null> {
  const rows = await tx.$queryRaw<MemberRow[]>`
    SELECT ${memberColumns} FROM "members" m
    WHERE m."tenantId" = ${tenantId}::uuid AND m."id" = ${memberId}::uuid AND m."deletedAt" IS NULL`;
  return rows[0] ?? null;
}
