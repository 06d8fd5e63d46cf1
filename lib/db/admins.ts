/** Admins: people who run programmes, each with a role in some of them. */
import { db, Prisma } from "#lib/db/client.ts";

export type AdminRow = {
  id: string;
  email: string;
  passwordHash: string;
  isDeploymentOwner: boolean;
  disabledAt: Date | null;
  roles: { tenantId: string; role: string }[];
};

/** `email` in any capitals: a person types them as they come. */
export async function findAdminByEmail(email: string): Promise<AdminRow | null> {
  return findOne(Prisma.sql`lower(a."email") = lower(${email})`);
}

export function findAdmin(id: string): Promise<AdminRow | null> {
  return findOne(Prisma.sql`a."id" = ${id}::uuid`);
}

/** In one statement: every call of an admin's asks, and one that finds nobody takes as long at the sign-in. */
async function findOne(condition: Prisma.Sql): Promise<AdminRow | null> {
  const rows = await db().$queryRaw<AdminRow[]>`
    SELECT a."id", a."email", a."passwordHash", a."isDeploymentOwner", a."disabledAt", ARRAY(
      SELECT json_build_object('tenantId', r."tenantId", 'role', r."role") FROM "admin_roles" r
      WHERE r."adminId" = a."id" ORDER BY r."tenantId") AS "roles"
    FROM "admins" a WHERE ${condition} ORDER BY a."createdAt" LIMIT 1`;
  return rows[0] ?? null;
}

/** An admin API key of a tenant that is not revoked, by its hash. */
export function findAdminApiKeyRow(
  tenantId: string,
  keyHash: string,
): Promise<{ id: string; lastUsedAt: Date | null } | null> {
  return db().adminApiKey.findFirst({
    where: { keyHash, tenantId, revokedAt: null },
    select: { id: true, lastUsedAt: true },
  });
}

export async function markAdminApiKeyUsed(tenantId: string, id: string, at: Date): Promise<void> {
  await db().adminApiKey.updateMany({ where: { tenantId, id }, data: { lastUsedAt: at } });
}
