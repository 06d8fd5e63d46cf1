/**
 * Making or updating a member and opening a session, in one statement: the hottest write there is, and one that any
 * number of calls may make for the same person at once.
 */
import { db, Prisma } from "#lib/db/client.ts";
import { driverCause } from "#lib/db/database-down.ts";
import { type MemberRow, memberColumns, profileTextColumns } from "#lib/db/members.ts";

export type MemberUpsert = {
  tenantId: string;
  authIdentifier: string;
  /** The columns to set, by name; null clears. A birthdate is YYYY-MM-DD. */
  profile: Readonly<Record<string, string | null>>;
  attributes: Readonly<Record<string, unknown>>;
  removedAttributes: readonly string[];
  attributesMax: number;
  /** The id and the account numbers to try, if the member is new. */
  newMemberId: string;
  drawAccountNumbers(): readonly string[];
  eventId: string;
  session: { id: string; tokenHash: string; kind: string; idleSeconds: number | null; expiresAt: Date };
  clientSecretId: string;
  at: Date;
};

const clientSecretUseWrittenEverySeconds = 60;
// Two new members drew one account number at the same moment, or all that were drawn are taken.
const accountNumberTaken = ["23505", "23502"];

const sentTextColumns = profileTextColumns.map(
  (column) =>
    `"${column}" = CASE WHEN i."profile" ? '${column}' THEN i."profile"->>'${column}' ELSE m."${column}" END`,
);
const sentBirthdate = `"birthdate" = CASE WHEN i."profile" ? 'birthdate' THEN (i."profile"->>'birthdate')::date ELSE m."birthdate" END`;
const mergedAttributes = `((m."attributes" || i."attributes") - i."removedAttributes")`;

/** What the update sets, as `"column" = value` over the row `m` and the input `i`. */
const assignments = [...sentTextColumns, sentBirthdate, `"attributes" = ${mergedAttributes}`];

/** True where one of them is something else than before. */
const isChanged = assignments
  .map((assignment) => {
    const [column, ...value] = assignment.split(" = ");
    return `m.${column} IS DISTINCT FROM (${value.join(" = ")})`;
  })
  .join(" OR ");

const insertedColumns = profileTextColumns.map((column) => `"${column}"`).join(", ");
const insertedValues = profileTextColumns.map((column) => `i."profile"->>'${column}'`).join(", ");

/**
 * The member as it is now, signed in; null where the member is restricted or would have too many attributes, and then
 * nothing has changed.
 */
export async function upsertMemberRow(upsert: MemberUpsert): Promise<MemberRow | null> {
  const triesMax = 5;
  for (let tries = 1; ; tries++) {
    try {
      return await tryToUpsert(upsert);
    } catch (error) {
      const isTaken =
        error instanceof Prisma.PrismaClientKnownRequestError &&
        accountNumberTaken.includes(driverCause(error).originalCode);
      if (!isTaken || tries === triesMax) throw error;
    }
  }
}

async function tryToUpsert(upsert: MemberUpsert): Promise<MemberRow | null> {
  const { tenantId, session, at } = upsert;
  const clientSecretUsedBefore = new Date(at.getTime() - clientSecretUseWrittenEverySeconds * 1000);
  const rows = await db().$queryRaw<MemberRow[]>`
    WITH "input" AS (
      SELECT ${JSON.stringify(upsert.profile)}::jsonb AS "profile", ${JSON.stringify(upsert.attributes)}::jsonb AS "attributes",
        ${[...upsert.removedAttributes]}::text[] AS "removedAttributes"
    ),
    "upserted" AS (
      INSERT INTO "members" AS m ("tenantId", "id", "authIdentifier", "accountNumber", ${Prisma.raw(insertedColumns)},
        "birthdate", "attributes", "profileEventId", "createdAt", "updatedAt")
      SELECT ${tenantId}::uuid, ${upsert.newMemberId}::uuid, ${upsert.authIdentifier},
        (SELECT n FROM unnest(${[...upsert.drawAccountNumbers()]}::text[]) n WHERE NOT EXISTS (
          SELECT 1 FROM "members" o WHERE o."tenantId" = ${tenantId}::uuid AND o."accountNumber" = n) LIMIT 1),
        ${Prisma.raw(insertedValues)}, (i."profile"->>'birthdate')::date, i."attributes", ${upsert.eventId}::uuid, ${at}::timestamptz, ${at}::timestamptz
      FROM "input" i
      ON CONFLICT ("tenantId", "authIdentifier") DO UPDATE SET
        ${Prisma.raw(assignments.map(overTheInput).join(", "))},
        "profileEventId" = CASE WHEN ${Prisma.raw(overTheInput(isChanged))} THEN ${upsert.eventId}::uuid ELSE m."profileEventId" END,
        "updatedAt" = CASE WHEN ${Prisma.raw(overTheInput(isChanged))} THEN ${at}::timestamptz ELSE m."updatedAt" END
      WHERE NOT m."isRestricted" AND (
        SELECT count(*) FROM jsonb_object_keys(${Prisma.raw(overTheInput(mergedAttributes))})) <= ${upsert.attributesMax}
      RETURNING m.*
    ),
    "wallet" AS (
      INSERT INTO "wallets" ("tenantId", "memberId")
      SELECT m."tenantId", m."id" FROM "upserted" m WHERE m."id" = ${upsert.newMemberId}::uuid
    ),
    "event" AS (
      INSERT INTO "events" ("tenantId", "id", "memberId", "type", "payload", "occurredAt", "createdAt")
      SELECT m."tenantId", ${upsert.eventId}::uuid, m."id",
        CASE WHEN m."id" = ${upsert.newMemberId}::uuid THEN 'REGISTERED_ACCOUNT' ELSE 'PROFILE_UPDATED' END, '{}'::jsonb, ${at}::timestamptz, ${at}::timestamptz
      FROM "upserted" m WHERE m."profileEventId" = ${upsert.eventId}::uuid
    ),
    "session" AS (
      INSERT INTO "sessions" ("tenantId", "id", "memberId", "kind", "tokenHash", "createdAt", "lastActivityAt",
        "idleSeconds", "expiresAt")
      SELECT m."tenantId", ${session.id}::uuid, m."id", ${session.kind}, ${session.tokenHash}, ${at}::timestamptz,
        ${at}::timestamptz, ${session.idleSeconds}::int, ${session.expiresAt}::timestamptz
      FROM "upserted" m
    ),
    "client" AS (
      UPDATE "client_secrets" SET "lastUsedAt" = ${at}
      WHERE "tenantId" = ${tenantId}::uuid AND "id" = ${upsert.clientSecretId}::uuid
        AND ("lastUsedAt" IS NULL OR "lastUsedAt" < ${clientSecretUsedBefore})
    )
    SELECT ${memberColumns} FROM "upserted" m`;
  return rows[0] ?? null;
}

/** In ON CONFLICT the input is no table of the statement's, so each mention of it is a subquery. */
function overTheInput(expression: string): string {
  return expression.replaceAll(
    /\bi\."(\w+)"/g,
    (_all, column: string) => `(SELECT i."${column}" FROM "input" i)`,
  );
}
