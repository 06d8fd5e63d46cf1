/** The pairs that Laurel signs its own tokens with. */
import { db } from "#lib/db/client.ts";

export type SigningKeyRow = { id: string; publicJwk: unknown; sealedPrivateKey: string; createdAt: Date };

// Any fixed number: processes that start at once make one first key between them.
const makingLock = 7_261_403;

/** The newest ones, the newest first. */
export function listSigningKeys(limit: number): Promise<SigningKeyRow[]> {
  return db().signingKey.findMany({ orderBy: [{ createdAt: "desc" }, { id: "desc" }], take: limit });
}

/**
 * Makes a key the newest one, and forgets all but the `kept` newest. `isStillWanted` is asked with the newest key there is
 * while nobody else makes one; false leaves everything as it is.
 */
export async function addSigningKey(
  key: { id: string; publicJwk: object; sealedPrivateKey: string; createdAt: Date },
  kept: number,
  isStillWanted: (newest: SigningKeyRow | null) => boolean,
): Promise<void> {
  await db().$transaction(async (tx) => {
    await tx.$queryRaw`SELECT pg_advisory_xact_lock(${makingLock}::bigint)::text`;
    const orderBy = [{ createdAt: "desc" }, { id: "desc" }] as const;
    const before = await tx.signingKey.findMany({ orderBy: [...orderBy] });
    if (!isStillWanted(before[0] ?? null)) return;
    await tx.signingKey.create({ data: key });
    const forgotten = before.slice(kept - 1).map(({ id }) => id);
    await tx.signingKey.deleteMany({ where: { id: { in: forgotten } } });
  });
}
