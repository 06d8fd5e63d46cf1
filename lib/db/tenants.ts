import { db, Prisma, type Tx } from "#lib/db/client.ts";

export type TenantRow = {
  id: string;
  code: string;
  name: string;
  authMode: string;
  publicUrl: string | null;
  hostUrl: string | null;
  hostOrigins: string[];
  allowedOrigins: string[];
  cookieDomain: string | null;
  locale: string;
  embeddedSeconds: number;
  interactiveSeconds: number;
  idleSeconds: number | null;
  urlActivation: string;
  createMembersFromTokens: boolean;
  selfRegistration: boolean | null;
  emailConfirmation: string;
  userAuth: UserAuthRow | null;
  oauth2: Oauth2Row | null;
  brand: BrandRow | null;
  tierWindowDays: number | null;
  hasProfileRules: boolean;
  hostnames: string[];
  clientSecrets: { id: string; secretHash: string }[];
  eventTypeSecrets: { eventType: string; secretHash: string }[];
  tiers: { id: string; name: string; pointsRequirement: number }[];
};

type UserAuthRow = {
  issuer: string;
  audience?: string | null;
  maxLifetimeSeconds?: number;
  leewaySeconds?: number;
} & ({ algorithm: "RS256"; jwksUrl: string } | { algorithm: "HS256"; sealedSharedKey: string });

/** As a programme file has it, without what is null. */
export type BrandRow = {
  accentColor?: string;
  logoUrl?: string;
  logoDarkUrl?: string;
  cornerRadius?: "none" | "small" | "medium" | "large";
  font?: "geist" | "system" | "serif" | "rounded";
  heroPictureUrl?: string;
  texts?: Record<string, { tagline?: string }>;
};

/** As a programme file has it, with the client secret sealed. */
export type Oauth2Row = {
  providerName: string;
  issuer?: string;
  authorizationUrl?: string;
  tokenUrl?: string;
  userinfoUrl?: string;
  jwksUrl?: string;
  signOutUrl?: string;
  clientId: string;
  sealedClientSecret: string;
  scope?: string;
  claims?: Record<string, string>;
};

export type ApiKeyRow = {
  id: string;
  scopes: string[];
  ratePerSecond: number;
  burst: number;
  lastUsedAt: string | null;
};

/** A TenantRow of a row of `tenants` called `t`. */
const tenantColumns = Prisma.sql`
  t."id", t."code", t."name", t."authMode", t."publicUrl", t."hostUrl", t."hostOrigins", t."allowedOrigins",
  t."cookieDomain", t."locale", t."embeddedSeconds", t."interactiveSeconds", t."idleSeconds", t."urlActivation",
  t."createMembersFromTokens", t."selfRegistration", t."emailConfirmation", t."userAuth", t."oauth2",
  t."brand", t."tierWindowDays",
  EXISTS (SELECT 1 FROM "rules" r WHERE r."tenantId" = t."id" AND r."isActive"
    AND r."eventType" IN ('REGISTERED_ACCOUNT', 'PROFILE_UPDATED')) AS "hasProfileRules",
  ARRAY(SELECT h."hostname" FROM "tenant_hosts" h WHERE h."tenantId" = t."id" ORDER BY h."position") AS "hostnames",
  COALESCE((SELECT jsonb_agg(jsonb_build_object('id', c."id", 'secretHash', c."secretHash"))
    FROM "client_secrets" c WHERE c."tenantId" = t."id" AND c."revokedAt" IS NULL), '[]') AS "clientSecrets",
  COALESCE((SELECT jsonb_agg(jsonb_build_object('eventType', y."name", 'secretHash', y."secretHash"))
    FROM "event_types" y WHERE y."tenantId" = t."id" AND y."isActive" AND y."secretHash" IS NOT NULL),
    '[]') AS "eventTypeSecrets",
  COALESCE((SELECT jsonb_agg(jsonb_build_object('id', i."id", 'name', i."name",
      'pointsRequirement', i."pointsRequirement") ORDER BY i."pointsRequirement")
    FROM "tiers" i WHERE i."tenantId" = t."id"), '[]') AS "tiers"`;

/** The tenant that has this host name; the only tenant of the deployment has every host name. */
export async function findTenantRowByHost(hostname: string): Promise<TenantRow | null> {
  const rows = await db().$queryRaw<TenantRow[]>`
    SELECT ${tenantColumns}
    FROM "tenants" t
    WHERE t."id" = COALESCE(
      (SELECT h."tenantId" FROM "tenant_hosts" h WHERE h."hostname" = ${hostname}),
      (SELECT o."id" FROM "tenants" o WHERE (SELECT count(*) FROM (SELECT 1 FROM "tenants" LIMIT 2) two) = 1))`;
  return rows[0] ?? null;
}

export async function findTenantRowByCode(code: string): Promise<TenantRow | null> {
  const rows = await db().$queryRaw<TenantRow[]>`
    SELECT ${tenantColumns} FROM "tenants" t WHERE t."code" = ${code}`;
  return rows[0] ?? null;
}

/** The tenant of an API key that is not revoked. */
export async function findTenantRowByApiKey(
  keyHash: string,
): Promise<(TenantRow & { apiKey: ApiKeyRow }) | null> {
  const rows = await db().$queryRaw<(TenantRow & { apiKey: ApiKeyRow })[]>`
    SELECT ${tenantColumns},
      jsonb_build_object('id', k."id", 'scopes', k."scopes", 'ratePerSecond', k."ratePerSecond", 'burst', k."burst",
        'lastUsedAt', k."lastUsedAt") AS "apiKey"
    FROM "api_keys" k JOIN "tenants" t ON t."id" = k."tenantId"
    WHERE k."keyHash" = ${keyHash} AND k."revokedAt" IS NULL`;
  return rows[0] ?? null;
}

export async function markApiKeyUsed(tenantId: string, apiKeyId: string, at: Date): Promise<void> {
  await db().$executeRaw`
    UPDATE "api_keys" SET "lastUsedAt" = ${at} WHERE "tenantId" = ${tenantId}::uuid AND "id" = ${apiKeyId}::uuid`;
}

/** Whether any tenant lists the origin among those whose pages may call. There are few tenants, and the answer is kept. */
export async function isOriginAllowedAnywhere(origin: string): Promise<boolean> {
  const rows = await db().$queryRaw<{ isAllowed: boolean }[]>`
    SELECT EXISTS (SELECT 1 FROM "tenants" t WHERE ${origin} = ANY(t."allowedOrigins")) AS "isAllowed"`;
  return rows[0]?.isAllowed ?? false;
}

/** How long points are good in a programme; null: for ever. */
export async function findPointsExpiryDays(tx: Tx, tenantId: string): Promise<number | null> {
  const select = { pointsExpireAfterDays: true };
  return (await tx.tenant.findUniqueOrThrow({ where: { id: tenantId }, select })).pointsExpireAfterDays;
}
