import { db, type Tx } from "#lib/db/client.ts";

export type TenantRow = {
  id: string;
  code: string;
  name: string;
  authMode: string;
  publicUrl: string | null;
  hostUrl: string | null;
  hostOrigins: string[];
  cookieDomain: string | null;
  locale: string;
  embeddedSeconds: number;
  idleSeconds: number | null;
  urlActivation: string;
  tierWindowDays: number | null;
  hasProfileRules: boolean;
  hostnames: string[];
  clientSecrets: { id: string; secretHash: string }[];
  tiers: { id: string; name: string; pointsRequirement: number }[];
};

/** The tenant that has this host name; the only tenant of the deployment has every host name. */
export async function findTenantRow(hostname: string): Promise<TenantRow | null> {
  const rows = await db().$queryRaw<TenantRow[]>`
    SELECT t."id", t."code", t."name", t."authMode", t."publicUrl", t."hostUrl", t."hostOrigins", t."cookieDomain",
      t."locale", t."embeddedSeconds", t."idleSeconds", t."urlActivation", t."tierWindowDays",
      EXISTS (SELECT 1 FROM "rules" r WHERE r."tenantId" = t."id" AND r."isActive"
        AND r."eventType" IN ('REGISTERED_ACCOUNT', 'PROFILE_UPDATED')) AS "hasProfileRules",
      ARRAY(SELECT h."hostname" FROM "tenant_hosts" h WHERE h."tenantId" = t."id" ORDER BY h."position") AS "hostnames",
      COALESCE((SELECT jsonb_agg(jsonb_build_object('id', c."id", 'secretHash', c."secretHash"))
        FROM "client_secrets" c WHERE c."tenantId" = t."id" AND c."revokedAt" IS NULL), '[]') AS "clientSecrets",
      COALESCE((SELECT jsonb_agg(jsonb_build_object('id', i."id", 'name', i."name",
          'pointsRequirement', i."pointsRequirement") ORDER BY i."pointsRequirement")
        FROM "tiers" i WHERE i."tenantId" = t."id"), '[]') AS "tiers"
    FROM "tenants" t
    WHERE t."id" = COALESCE(
      (SELECT h."tenantId" FROM "tenant_hosts" h WHERE h."hostname" = ${hostname}),
      (SELECT o."id" FROM "tenants" o WHERE (SELECT count(*) FROM (SELECT 1 FROM "tenants" LIMIT 2) two) = 1))`;
  return rows[0] ?? null;
}

/** How long points are good in a programme; null: for ever. */
export async function findPointsExpiryDays(tx: Tx, tenantId: string): Promise<number | null> {
  const select = { pointsExpireAfterDays: true };
  return (await tx.tenant.findUniqueOrThrow({ where: { id: tenantId }, select })).pointsExpireAfterDays;
}
