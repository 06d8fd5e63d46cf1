/** Which programme a request belongs to: by the host name that it asks for, or by the API key that it carries. */
import { createSecretKey } from "node:crypto";

import { addSeconds, now } from "#lib/config/clock.ts";
import { env } from "#lib/config/env.ts";
import { describeError, log } from "#lib/config/log.ts";
import {
  findTenantRowByApiKey,
  findTenantRowByCode,
  findTenantRowByHost,
  isOriginAllowedAnywhere,
  markApiKeyUsed,
  type Oauth2Row,
  type TenantRow,
} from "#lib/db/tenants.ts";
import type { TenantId } from "#lib/domain/ids.ts";
import { hashSecret, unsealSecret } from "#lib/domain/secrets.ts";
import { brandOf } from "#lib/domain/tenants/brand.ts";
import { hostnameOf, isLoopbackHostname } from "#lib/domain/tenants/hostname.ts";
import type { ApiKey, Oauth2, Tenant, UserAuth } from "#lib/domain/tenants/tenant.ts";
import { remembering } from "#lib/domain/tenants/tenant-memory.ts";

const apiKeyUseWrittenEverySeconds = 60;

const readTenantByHost = remembering("tenant by host", async (hostname) => {
  const row = await findTenantRowByHost(hostname);
  return row && tenantOf(row);
});

/** `host` as the Host header says it. Null where no programme answers. */
export async function findTenantByHost(host: string): Promise<Tenant | null> {
  const hostname = hostnameOf(host);
  return hostname === null ? null : readTenantByHost(hostname); // nor is what a stranger makes up remembered
}

/** By its code, which clients of Open Loyalty call the store's. */
export const findTenantByCode = remembering("tenant by code", async (code) => {
  const row = await findTenantRowByCode(code);
  return row && tenantOf(row);
});

export type KeyHolder = { tenant: Tenant; apiKey: ApiKey };

const readKeyHolder = remembering("tenant by API key", async (keyHash): Promise<KeyHolder | null> => {
  const row = await findTenantRowByApiKey(keyHash);
  if (!row) return null;
  const { apiKey } = row;
  const usedBefore = addSeconds(now(), -apiKeyUseWrittenEverySeconds);
  if (apiKey.lastUsedAt === null || new Date(apiKey.lastUsedAt) < usedBefore) {
    markApiKeyUsed(row.id, apiKey.id, now()).catch((error: unknown) =>
      log().warn({ error: describeError(error) }, "noting the use of an API key failed"),
    );
  }
  return { tenant: tenantOf(row), apiKey };
});

/** Whose API key this is; null for one that is none, or is revoked. Found by its hash, so no time tells how near it was. */
export function findTenantByApiKey(key: string): Promise<KeyHolder | null> {
  return readKeyHolder(hashSecret(key));
}

/** Whether any programme lets pages of this origin call: all that a preflight, which carries no key, can ask. */
export const isOriginAllowed = remembering("allowed origin", isOriginAllowedAnywhere);

function tenantOf(row: TenantRow): Tenant {
  return {
    id: row.id as TenantId,
    code: row.code,
    name: row.name,
    authMode: row.authMode as Tenant["authMode"],
    publicUrl: row.publicUrl ?? defaultPublicUrl(row.hostnames[0] ?? "localhost"),
    hostUrl: row.hostUrl,
    hostOrigins: row.hostOrigins,
    allowedOrigins: row.allowedOrigins,
    cookieDomain: row.cookieDomain,
    locale: row.locale,
    embeddedSeconds: row.embeddedSeconds,
    interactiveSeconds: row.interactiveSeconds,
    idleSeconds: row.idleSeconds,
    urlActivation: row.urlActivation as Tenant["urlActivation"],
    createMembersFromTokens: row.createMembersFromTokens,
    selfRegistration: row.selfRegistration ?? (row.authMode === "interactive" && row.oauth2 === null),
    emailConfirmation: row.emailConfirmation as Tenant["emailConfirmation"],
    oauth2: row.oauth2 && oauth2Of(row.code, row.oauth2),
    brand: brandOf(row.brand),
    clientSecrets: row.clientSecrets,
    eventTypeSecrets: row.eventTypeSecrets,
    userAuth: row.userAuth && userAuthOf(row.code, row.userAuth),
    tierWindowDays: row.tierWindowDays,
    hasProfileRules: row.hasProfileRules,
    tiers: row.tiers,
  };
}

/** Null where the shared key opens no more: then no token is good, and all else goes on. */
function userAuthOf(code: string, stored: NonNullable<TenantRow["userAuth"]>): UserAuth | null {
  const { issuer, audience = null, maxLifetimeSeconds = 86_400, leewaySeconds = 30 } = stored;
  const common = { issuer, audience, maxLifetimeSeconds, leewaySeconds };
  if (stored.algorithm === "RS256") return { ...common, algorithm: "RS256", jwksUrl: stored.jwksUrl };
  try {
    const key = createSecretKey(unsealSecret(stored.sealedSharedKey), "utf8");
    return { ...common, algorithm: "HS256", key };
  } catch (error) {
    log().error(
      { tenant: code, error: describeError(error) },
      "the shared key of a programme cannot be opened",
    );
    return null;
  }
}

function oauth2Of(code: string, stored: Oauth2Row): Oauth2 {
  const { sealedClientSecret, ...settings } = stored;
  const none = { issuer: null, authorizationUrl: null, tokenUrl: null, userinfoUrl: null, jwksUrl: null };
  return {
    ...{ ...none, signOutUrl: null, scope: "openid profile email", claims: {} },
    ...settings,
    clientSecret: openClientSecret(code, sealedClientSecret),
  };
}

function openClientSecret(code: string, sealed: string): string | null {
  try {
    return unsealSecret(sealed);
  } catch (error) {
    log().error(
      { tenant: code, error: describeError(error) },
      "the OAuth2 client secret of a programme cannot be opened",
    );
    return null;
  }
}

function defaultPublicUrl(hostname: string): string {
  const { PUBLIC_SCHEME, PORT } = env();
  return isLoopbackHostname(hostname)
    ? `${PUBLIC_SCHEME}://${hostname}:${PORT}`
    : `${PUBLIC_SCHEME}://${hostname}`;
}
