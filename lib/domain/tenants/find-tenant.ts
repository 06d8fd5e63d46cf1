/**
 * Which programme a request belongs to, by its host name. Asked by every request, so the answer is kept in memory:
 *   1. it is never older than 5 seconds, so that a change in the console is seen by then;
 *   2. under load nobody waits for the database: past half that time it is renewed in the background.
 *
 * The memory is on globalThis: the start script and Next's bundles are different copies of this module.
 */
import QuickLRU from "quick-lru";

import { env } from "#lib/config/env.ts";
import { findTenantRow } from "#lib/db/tenants.ts";
import type { TenantId } from "#lib/domain/ids.ts";
import { hostnameOf, isLoopbackHostname } from "#lib/domain/tenants/hostname.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

const staleAfterMs = 5_000;
const renewAfterMs = 2_500;
const hostsRemembered = 5_000;

type Remembered = { tenant: Promise<Tenant | null>; readAtMs: number; isRenewing: boolean };
type Memory = { byHost: QuickLRU<string, Remembered>; forgotten: number };

const shared = globalThis as typeof globalThis & { laurelTenants?: Memory };
shared.laurelTenants ??= { byHost: new QuickLRU({ maxSize: hostsRemembered }), forgotten: 0 };
const memory = shared.laurelTenants;

/** `host` as the Host header says it. Null where no programme answers. */
export async function findTenantByHost(host: string): Promise<Tenant | null> {
  const hostname = hostnameOf(host);
  if (hostname === null) return null; // nor is what a stranger makes up remembered
  const remembered = memory.byHost.get(hostname);
  const ageMs = remembered ? performance.now() - remembered.readAtMs : Number.POSITIVE_INFINITY;
  if (!remembered || ageMs >= staleAfterMs) return readAndRemember(hostname);

  if (ageMs >= renewAfterMs && !remembered.isRenewing) {
    remembered.isRenewing = true;
    readAndRemember(hostname).catch(() => undefined); // the next reader past 5 s meets the failure itself
  }
  return remembered.tenant;
}

/** After a change made in this process, which should be seen at once. */
export function forgetTenants(): void {
  memory.byHost.clear();
  memory.forgotten += 1; // what is being read from before the change is not remembered either
}

function readAndRemember(hostname: string): Promise<Tenant | null> {
  const readAtMs = performance.now();
  const tenant = readTenant(hostname);
  const remembered = { tenant, readAtMs, isRenewing: false };
  const before = memory.byHost.get(hostname);
  if (!before || readAtMs - before.readAtMs >= staleAfterMs) {
    memory.byHost.set(hostname, remembered); // others who ask now wait for the same answer
    tenant.catch(() => {
      if (memory.byHost.get(hostname) === remembered) memory.byHost.delete(hostname);
    });
  } else {
    const { forgotten } = memory;
    tenant.then(
      () => memory.forgotten === forgotten && memory.byHost.set(hostname, remembered),
      () => undefined,
    );
  }
  return tenant;
}

async function readTenant(hostname: string): Promise<Tenant | null> {
  const row = await findTenantRow(hostname);
  if (!row) return null;
  return {
    id: row.id as TenantId,
    code: row.code,
    name: row.name,
    authMode: row.authMode as Tenant["authMode"],
    publicUrl: row.publicUrl ?? defaultPublicUrl(row.hostnames[0] ?? hostname),
    hostUrl: row.hostUrl,
    hostOrigins: row.hostOrigins,
    cookieDomain: row.cookieDomain,
    locale: row.locale,
    embeddedSeconds: row.embeddedSeconds,
    idleSeconds: row.idleSeconds,
    urlActivation: row.urlActivation as Tenant["urlActivation"],
    clientSecrets: row.clientSecrets,
    tierWindowDays: row.tierWindowDays,
    hasProfileRules: row.hasProfileRules,
    tiers: row.tiers,
  };
}

function defaultPublicUrl(hostname: string): string {
  const { PUBLIC_SCHEME, PORT } = env();
  return isLoopbackHostname(hostname)
    ? `${PUBLIC_SCHEME}://${hostname}:${PORT}`
    : `${PUBLIC_SCHEME}://${hostname}`;
}
