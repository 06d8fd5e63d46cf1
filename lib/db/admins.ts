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
export function findAdminByEmail(email: string): Promise<AdminRow | null> {
  return db().admin.findFirst({
    where: { email: { equals: email, mode: "insensitive" } },
    select: withRoles,
  });
}

export function findAdmin(id: string): Promise<AdminRow | null> {
  return db().admin.findUnique({ where: { id }, select: withRoles });
}
