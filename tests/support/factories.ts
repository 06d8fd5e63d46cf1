/** What a test needs, made by the product's own writers. */
import { randomUUID } from "node:crypto";

import { applyProgramme } from "#lib/domain/programme/apply-programme.ts";
import { findTenantByHost } from "#lib/domain/tenants/find-tenant.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import "#tests/support/database.ts"; // the tables stand before the first row is made

export type TestTenant = Tenant & { host: string; clientId: string };

/** A tenant of its own, by a programme file; `settings` are fields of that file. */
export async function createTenant(settings: Record<string, unknown> = {}): Promise<TestTenant> {
  const code = `t-${randomUUID().slice(0, 13)}`;
  const [host = ""] = (settings.hostnames as string[] | undefined) ?? [`${code}.localhost`];
  const clientId = `client-${randomUUID()}`;
  const tenant = {
    ...{ code, name: "Test", hostnames: [host], authMode: "embedded", publicUrl: `http://${host}` },
    clientSecrets: [{ name: "test", secret: clientId }],
    ...settings,
  };
  await applyProgramme(JSON.stringify({ tenants: [tenant] }));
  return { ...(await getTenant(host)), host, clientId };
}

export async function getTenant(host: string): Promise<Tenant> {
  const tenant = await findTenantByHost(host);
  if (!tenant) throw new Error(`No tenant on ${host}`);
  return tenant;
}

export const profile = { givenName: "Jane", familyName: "Doe", emailAddress: "jane.doe@example.com" };
