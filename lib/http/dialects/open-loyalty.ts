/**
 * The dialect of /api/{storeCode}, /api/admin and /api/token: what clients of Open Loyalty are told. Texts and shapes are the
 * vendor's (Open Loyalty's member and admin token pages, and the Symfony bundles that it uses).
 */
import { DomainError, type DomainErrorCode } from "#lib/domain/errors.ts";
import { statusByCode } from "#lib/http/dialects/jsend.ts";
import { privateHeaders, privateJson } from "#lib/http/private-answers.ts";
import { retryHeaders } from "#lib/http/rate-limits.ts";

const textByCode: Partial<Record<DomainErrorCode, string>> = {
  credentials_invalid: "Bad credentials.",
  token_missing: "JWT Token not found",
  token_invalid: "Invalid JWT Token",
  token_expired: "Expired JWT Token",
  refresh_token_unknown: "JWT Refresh Token Not Found",
  refresh_token_expired: "Invalid JWT Refresh Token",
  forbidden: "Forbidden.",
  rate_limited: "Too Many Requests",
  points_insufficient: "Not enough points",
  reward_out_of_stock: "No coupons left",
  reward_limit_reached: "Usage limit exceeded",
  reward_not_available: "Reward is not available",
};
/** What Open Loyalty says with 400; only a coupon that was used is a conflict. */
const statusHere: Partial<Record<DomainErrorCode, number>> = {
  benefit_expired: 400,
  event_type_not_found: 400,
  external_id_taken: 400,
  member_restricted: 400,
  points_insufficient: 400,
  reward_limit_reached: 400,
  reward_not_available: 400,
  reward_out_of_stock: 400,
};
const textByStatus: Readonly<Record<number, string>> = {
  403: "Forbidden.",
  404: "Not Found",
  405: "Method Not Allowed",
  500: "Internal Server Error",
  503: "Service Unavailable",
};
const bearerCodes: readonly DomainErrorCode[] = ["token_missing", "token_invalid", "token_expired"];

/** A field by its dotted path (empty: the whole), and what is wrong there. */
export type FieldError = { path: string; message: string };

export const openLoyalty = {
  success(body: object | readonly object[], headers: HeadersInit = {}): Response {
    return privateJson(200, body, headers);
  },

  /** A page of a list. `isEstimated`: there are more than were counted. */
  page(items: readonly object[], { count, isEstimated }: { count: number; isEstimated: boolean }): Response {
    return privateJson(200, { items, total: { all: count, filtered: count, estimated: isEstimated } });
  },

  /** A command that is done. */
  done(): Response {
    return new Response(null, { status: 204, headers: privateHeaders });
  },

  refusal(refusal: DomainError): Response {
    const { code, message, details } = refusal;
    const status = statusHere[code] ?? statusByCode[code];
    if (code === "invalid_input") {
      const fields = Object.entries((details.fields ?? {}) as Record<string, string>);
      return openLoyalty.invalid(fields.map(([path, sentence]) => ({ path, message: sentence })));
    }
    const headers = new Headers(retryHeaders(refusal));
    if (bearerCodes.includes(code)) headers.set("WWW-Authenticate", "Bearer");
    return privateJson(
      status,
      { code: status, message: textByCode[code] ?? textByStatus[status] ?? message },
      headers,
    );
  },

  /** What was sent will not do. */
  invalid(errors: readonly FieldError[]): Response {
    const described = errors.map(({ path, message }) => ({
      ...{ message, parameters: [], plural: null, code: null, path },
    }));
    return privateJson(400, { code: 400, message: "Validation failed", errors: described });
  },

  /** A refusal with a text of its own. */
  refused(status: number, message: string): Response {
    return privateJson(status, { code: status, message });
  },

  methodNotAllowed(allowed: readonly string[]): Response {
    const refusal = openLoyalty.refusal(new DomainError("method_not_allowed"));
    refusal.headers.set("Allow", allowed.join(", "));
    return refusal;
  },
};
