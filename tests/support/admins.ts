/** Admins of a test's programme: who they are, and the tokens that they sign in for. */
import { randomUUID } from "node:crypto";

import type { AdminRole } from "#lib/domain/token-pairs/token-actor.ts";
import { callClient } from "#tests/support/client-apis.ts";

export const adminRoles = ["OWNER", "EDITOR", "VIEWER", "TILL"] as const satisfies readonly AdminRole[];
export const adminPassword = "an admin's own password";

/** The e-mail address of the admin of each role. */
export type Admins = Readonly<Partial<Record<AdminRole, string>>>;

/** An admin of each of these roles: by an address that nobody else has, and as a programme file says it. */
export function newAdmins<Role extends AdminRole>(roles: readonly Role[]) {
  const entries = roles.map((role) => [role, `${role.toLowerCase()}-${randomUUID()}@example.com`] as const);
  return {
    admins: Object.fromEntries(entries) as Readonly<Record<Role, string>>,
    inFile: entries.map(([role, email]) => ({ email, password: adminPassword, role })),
  };
}

/** Signs in from an address of its own, because an address has few tries a minute. */
export async function adminToken({ admins }: { admins: Admins }, role: AdminRole = "OWNER"): Promise<string> {
  const body = { username: admins[role], password: adminPassword };
  const { status, json } = await callClient("POST /api/admin/login_check", { body, address: randomUUID() });
  if (status !== 200) throw new Error(`No ${role} could sign in: ${json.message}`);
  return json.token;
}
