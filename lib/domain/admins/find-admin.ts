import type { Tenant } from "#lib/domain/tenants/tenant.ts";

export type Admin = { id: string };

/** The admin of this tenant whose token it is. No admin tokens are given out yet, so none is one. */
export async function findAdminByToken(_tenant: Tenant, _token: string): Promise<Admin | null> {
  return null;
}
