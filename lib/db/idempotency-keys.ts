import { askForJson, db, Prisma, type Tx } from "#lib/db/client.ts";

/** What stands for a call that may come again; the database keeps no body, only what recognises it. */
export type KeyRow = {
  /** Who called what. */
  scope: string;
  key: string;
  /** Under the newest secret first; under an older one a body is still known. */
  bodyHmacs: readonly string[];
};

/** How a command of the database's answers: with its result, the first one of an earlier call, or a refusal. */
export type CommandAnswer<Result> =
  | { outcome: "done" | "replayed"; result: Result }
  | { outcome: "refused"; code: string; details?: Readonly<Record<string, unknown>> };

/** Null where this call is the first; waits for one that runs. The caller keeps its result before it commits. */
export async function claimKey<Result>(
  tx: Tx,
  tenantId: string,
  key: KeyRow,
): Promise<CommandAnswer<Result> | null> {
  const rows = await tx.$queryRaw<{ answer: CommandAnswer<Result> | null }[]>`
    SELECT laurel_functions.claim_key(${tenantId}::uuid, ${JSON.stringify(key)}::jsonb) AS "answer"`;
  return rows[0]?.answer ?? null;
}

/** The same for a call that has nothing to do any more but to be answered again. */
export function findKeptResult<Result>(tenantId: string, key: KeyRow): Promise<CommandAnswer<Result> | null> {
  return askForJson(
    Prisma.sql`SELECT laurel_functions.claim_key(${tenantId}::uuid, ${JSON.stringify(key)}::jsonb)`,
  );
}

export async function keepResult(
  tx: Tx,
  tenantId: string,
  key: KeyRow,
  result: object,
  at: Date,
): Promise<void> {
  await tx.$queryRaw`
    SELECT laurel_functions.keep_result(${tenantId}::uuid, ${JSON.stringify(key)}::jsonb,
      ${JSON.stringify(result)}::jsonb, ${at}::timestamptz)::text`;
}

/** Deletes up to `rowsMax` keys that were kept before `keptBefore`; how many it deleted. */
export function deleteOldKeys(keptBefore: Date, rowsMax: number): Promise<number> {
  return db().$executeRaw`
    DELETE FROM "idempotency_keys" WHERE ("tenantId", "scope", "key") IN (
      SELECT k."tenantId", k."scope", k."key" FROM "idempotency_keys" k WHERE k."createdAt" < ${keptBefore}
      LIMIT ${rowsMax} FOR UPDATE SKIP LOCKED)`;
}
