import { getLocale } from "next-intl/server";

import { taglineIn } from "#lib/domain/tenants/brand.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

/** What the programme says of itself, in one line below the greeting. */
export async function Tagline({ tenant }: { tenant: Tenant }) {
  const tagline = taglineIn(tenant, await getLocale());
  return (
    tagline && (
      <p lang={tagline.locale} dir="auto" className="mt-1 text-balance text-in-line text-muted">
        {tagline.text}
      </p>
    )
  );
}
