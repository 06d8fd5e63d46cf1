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
