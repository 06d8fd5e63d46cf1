import { addSeconds, now } from "#lib/config/clock.ts";
import { describeError, log } from "#lib/config/log.ts";
import { findAdminApiKeyRow, markAdminApiKeyUsed } from "#lib/db/admins.ts";
import { hashSecret } from "#lib/domain/secrets.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { type AdminRole, readAdminToken, roleIn } from "#lib/domain/token-pairs/token-actor.ts";
import { Faulty } from "#lib/domain/tokens/compact-jws.ts";

/** Somebody who runs a programme, and what they may do in it. */
export type Admin = { id: string; role: AdminRole };

/** The admin of this programme whose token it is; null for a token that is no admin's, or an admin of other programmes. */
export async function findAdminByToken({ id }: Tenant, token: string): Promise<Admin | null> {
  try {
    const actor = await readAdminToken(token);
    const role = roleIn(actor, id);
    return role && { id: actor.adminId, role };
  } catch (error) {
    if (error instanceof Faulty) return null;
    throw error;
  }
}

const keyUseWrittenEverySeconds = 60;

/**
 * Who an admin API key of this programme stands for: somebody who runs it. Null for a key that is none, revoked, or another
 * programme's. Found by its hash, so no time tells how near it was.
 */
export async function findAdminByKey({ id: tenantId }: Tenant, key: string): Promise<Admin | null> {
  const row = await findAdminApiKeyRow(tenantId, hashSecret(key));
  if (!row) return null;
  const at = now();
  if (row.lastUsedAt === null || row.lastUsedAt < addSeconds(at, -keyUseWrittenEverySeconds)) {
    markAdminApiKeyUsed(tenantId, row.id, at).catch((error: unknown) =>
      log().warn({ error: describeError(error) }, "noting the use of an admin API key failed"),
    );
  }
  return { id: row.id, role: "OWNER" };
}
