/**
 * Making or updating a member and opening a session, in one statement: the hottest write there is, and one that any
 * number of calls may make for the same person at once.
 */
import { db, Prisma } from "#lib/db/client.ts";
import { driverCause } from "#lib/db/database-down.ts";
import { type MemberRow, memberColumns, profileTextColumns } from "#lib/db/members.ts";
import { retryingConflicts } from "#lib/db/retrying-conflicts.ts";
import { type CandidateRow, type RuleRow, rulesFor } from "#lib/db/rules.ts";
import { type NewSession, openSessionFor } from "#lib/db/sessions.ts";

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
  session: NewSession;
  /** The secret that the host's server came with; null where nobody came with one. */
  clientSecretId: string | null;
  at: Date;
  /** What rules give, by the event that comes of it: nothing, or to be asked for first (`held`). */
  gives: "nothing" | "hold" | Readonly<Record<ProfileEventType, readonly CandidateRow[]>>;
};

type ProfileEventType = "REGISTERED_ACCOUNT" | "PROFILE_UPDATED";

/** Nothing is done yet: rules may give something for it, and have to be asked. `before` is null for a new member. */
export type HeldUpsert = { before: MemberRow | null; rules: Record<ProfileEventType, RuleRow[]> };

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
 * The member as it is now, signed in, and what rules give for it given. Null where the member is restricted or would have
 * too many attributes, and then nothing has changed; where an event would come of it that rules listen to and `gives` is
 * "hold", the same with what is needed to ask them.
 */
export async function upsertMemberRow(
  upsert: MemberUpsert,
): Promise<MemberRow | { held: HeldUpsert } | null> {
  const triesMax = 5;
  for (let tries = 1; ; tries++) {
    try {
      return await retryingConflicts(() => tryToUpsert(upsert));
    } catch (error) {
      const isTaken =
        error instanceof Prisma.PrismaClientKnownRequestError &&
        accountNumberTaken.includes(driverCause(error).originalCode);
      if (!isTaken || tries === triesMax) throw error;
    }
  }
}

async function tryToUpsert(upsert: MemberUpsert): Promise<MemberRow | { held: HeldUpsert } | null> {
  const { tenantId, session, at, gives } = upsert;
  const isHolding = gives === "hold";
  const hasRules = (type: ProfileEventType) => Prisma.sql`EXISTS (SELECT 1 FROM "rules" r
    WHERE r."tenantId" = ${tenantId}::uuid AND r."eventType" = ${type} AND r."isActive")`;
  const before = Prisma.sql`(SELECT ${memberColumns} FROM "members" m
    WHERE m."tenantId" = ${tenantId}::uuid AND m."authIdentifier" = ${upsert.authIdentifier})`;
  // A new member is held here, a changed one below, where its row is locked.
  const mayInsert = isHolding
    ? Prisma.sql`WHERE NOT (${hasRules("REGISTERED_ACCOUNT")}) OR EXISTS ${before}`
    : Prisma.empty;
  const mayChange = isHolding
    ? Prisma.sql`AND NOT ((${Prisma.raw(overTheInput(isChanged))}) AND ${hasRules("PROFILE_UPDATED")})`
    : Prisma.empty;
  const given =
    typeof gives === "string"
      ? Prisma.sql`NULL`
      : Prisma.sql`(SELECT laurel_functions.give_for_profile(${tenantId}::uuid, e."memberId", e."id", e."type",
          ${JSON.stringify(gives)}::jsonb, ${at}::timestamptz) FROM "event" e
          WHERE (SELECT count(*) FROM "wallet") >= 0)`; // the wallet is there before anything goes into it
  const clientSecretUsedBefore = new Date(at.getTime() - clientSecretUseWrittenEverySeconds * 1000);
  const held = isHolding
    ? Prisma.sql`CASE WHEN m."id" IS NULL THEN jsonb_build_object(
        'before', (SELECT to_jsonb(b) FROM ${before} b),
        'rules', jsonb_build_object('REGISTERED_ACCOUNT', ${rulesFor(tenantId, "REGISTERED_ACCOUNT")},
          'PROFILE_UPDATED', ${rulesFor(tenantId, "PROFILE_UPDATED")})) END`
    : Prisma.sql`NULL`;
  const rows = await db().$queryRaw<((MemberRow | { id: null }) & { held: HeldUpsert | null })[]>`
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
      FROM "input" i ${mayInsert}
      ON CONFLICT ("tenantId", "authIdentifier") DO UPDATE SET
        ${Prisma.raw(assignments.map(overTheInput).join(", "))},
        "profileEventId" = CASE WHEN ${Prisma.raw(overTheInput(isChanged))} THEN ${upsert.eventId}::uuid ELSE m."profileEventId" END,
        "updatedAt" = CASE WHEN ${Prisma.raw(overTheInput(isChanged))} THEN ${at}::timestamptz ELSE m."updatedAt" END
      WHERE NOT m."isRestricted" AND (
        SELECT count(*) FROM jsonb_object_keys(${Prisma.raw(overTheInput(mergedAttributes))})) <= ${upsert.attributesMax}
        ${mayChange}
      RETURNING m.*
    ),
    "wallet" AS (
      INSERT INTO "wallets" ("tenantId", "memberId")
      SELECT m."tenantId", m."id" FROM "upserted" m WHERE m."id" = ${upsert.newMemberId}::uuid
      RETURNING "memberId"
    ),
    "event" AS (
      INSERT INTO "events" ("tenantId", "id", "memberId", "type", "payload", "occurredAt", "createdAt")
      SELECT m."tenantId", ${upsert.eventId}::uuid, m."id",
        CASE WHEN m."id" = ${upsert.newMemberId}::uuid THEN 'REGISTERED_ACCOUNT' ELSE 'PROFILE_UPDATED' END, '{}'::jsonb, ${at}::timestamptz, ${at}::timestamptz
      FROM "upserted" m WHERE m."profileEventId" = ${upsert.eventId}::uuid
      RETURNING "id", "memberId", "type"
    ),
    ${openSessionFor(Prisma.raw('"upserted"'), session, at)},
    "client" AS (
      UPDATE "client_secrets" SET "lastUsedAt" = ${at}
      WHERE "tenantId" = ${tenantId}::uuid AND "id" = ${upsert.clientSecretId}::uuid
        AND ("lastUsedAt" IS NULL OR "lastUsedAt" < ${clientSecretUsedBefore})
    )
    SELECT ${memberColumns}, ${given}::text AS "given", ${held} AS "held"
    FROM (SELECT) one LEFT JOIN "upserted" m ON true`;
  const { held: isHeld, ...row } = rows[0] ?? { id: null, held: null };
  if (isHeld) return { held: isHeld };
  return row.id === null ? null : row;
}

/** In ON CONFLICT the input is no table of the statement's, so each mention of it is a subquery. */
function overTheInput(expression: string): string {
  return expression.replaceAll(
    /\bi\."(\w+)"/g,
    (_all, column: string) => `(SELECT i."${column}" FROM "input" i)`,
  );
}
