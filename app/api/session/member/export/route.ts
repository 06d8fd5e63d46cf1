import { exportMember } from "#lib/domain/members/export-member.ts";
import { hostRoute } from "#lib/http/api-route.ts";
import { countAsActivity, requireSignedIn } from "#lib/http/member-session.ts";
import { requireOwnSite } from "#lib/http/same-origin.ts";
import { memberExportText } from "#lib/http/schemas/member-export.ts";
import { textDownload } from "#lib/http/text-download.ts";

/** GET /api/session/member/export: everything that is kept of the signed-in member, as a file. */
export const GET = hostRoute(async (request, tenant) => {
  requireOwnSite(request);
  const everything = await exportMember(tenant, await requireSignedIn(request, tenant));
  await countAsActivity(request, tenant);
  return textDownload(`${tenant.code}-my-data.json`, "application/json", memberExportText(everything));
});
