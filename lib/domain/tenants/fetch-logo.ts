import { OutsideFailure } from "#lib/clients/outside-failure.ts";
import { fetchOutsidePicture, type Picture } from "#lib/clients/outside-picture.ts";
import { log } from "#lib/config/log.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

export type Logo = Picture;

const limits = { bytesMax: 1024 * 1024, timeoutMs: 5_000 };

/** The programme's logo as it is now at its address; null where it has none, or it cannot be had. */
export async function fetchLogo({ id, brand: { logoUrl } }: Tenant): Promise<Logo | null> {
  if (logoUrl === null) return null;
  try {
    return await fetchOutsidePicture(logoUrl, limits);
  } catch (error) {
    if (!(error instanceof OutsideFailure)) throw error;
    log().warn({ tenantId: id, reason: error.message }, "logo not fetched");
    return null;
  }
}
