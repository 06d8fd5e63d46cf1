/** Admins: people who run programmes, each with a role in some of them. */
import { db } from "#lib/db/client.ts";

export type AdminRow = {
  id: string;
  email: string;
  passwordHash: string;
  isDeploymentOwner: boolean;
  disabledAt: Date | null;
  roles: { tenantId: string; role: string }[];
};

const withRoles = {
  ...{ id: true, email: true, passwordHash: true, isDeploymentOwner: true, disabledAt: true },
  roles: { select: { tenantId: true, role: true }, orderBy: { tenantId: "asc" } },
} as const;

/** `email` in any capitals: a person types them as they come. */
export async function findAdminByEmail(email: string): Promise<AdminRow | null> {
  const [found] = await db().$queryRaw<{ id: string }[]>`
    SELECT a."id" FROM "admins" a WHERE lower(a."email") = lower(${email}) ORDER BY a."createdAt" LIMIT 1`;
  return found ? findAdmin(found.id) : null;
}

export function findAdmin(id: string): Promise<AdminRow | null> {
  return db().admin.findUnique({ where: { id }, select: withRoles });
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
