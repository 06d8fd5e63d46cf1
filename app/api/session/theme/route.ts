import { hostRoute } from "#lib/http/api-route.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { countAsActivity } from "#lib/http/member-session.ts";
import { themeCookie } from "#lib/http/preference-cookies.ts";
import { readJsonBody } from "#lib/http/read-json-body.ts";
import { requireSameOrigin } from "#lib/http/same-origin.ts";
import { parseInput } from "#lib/http/schemas/parse.ts";
import { themeInput } from "#lib/http/schemas/theme.ts";
import { withCookies } from "#lib/http/session-cookie.ts";

/** PUT /api/session/theme: this browser shows the pages light, dark, or as the device is. */
export const PUT = hostRoute(async (request, tenant) => {
  requireSameOrigin(request);
  const { theme } = parseInput(themeInput, await readJsonBody(request));
  await countAsActivity(request, tenant);
  return withCookies(jsend.success({ theme }), [themeCookie(theme)]);
});
