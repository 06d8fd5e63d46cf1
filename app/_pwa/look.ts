import { createHash } from "node:crypto";

import type { Tenant } from "#lib/domain/tenants/tenant.ts";

/** Stands for how a programme looks: another one as soon as its name or anything of its brand is. */
export function lookOf({ name, brand }: Pick<Tenant, "name" | "brand">): string {
  return shortHash([name, brand]);
}

/** Stands for an offline page, which is made for a look, a language, a theme and a build. */
export function shellOf(tenant: Tenant, locale: string, theme: string | null): string {
  return shortHash([lookOf(tenant), locale, theme, process.env.LAUREL_BUILD_ID]);
}

function shortHash(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("base64url").slice(0, 16);
}
