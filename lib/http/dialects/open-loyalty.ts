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
  refresh_token_missing: "Missing JWT Refresh Token",
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

  told({ code, message, details }: DomainError) {
    const status = statusHere[code] ?? statusByCode[code];
    if (code !== "invalid_input") {
      return { status, body: { code: status, message: textByCode[code] ?? textByStatus[status] ?? message } };
    }
    // Fields by their dotted paths; an empty one is the whole.
    const fields = Object.entries((details.fields ?? {}) as Record<string, string>);
    const errors = fields.map(([path, sentence]) => ({
      ...{ message: sentence, parameters: [], plural: null, code: null, path },
    }));
    return { status, body: { code: status, message: "Validation failed", errors } };
  },

  refusal(refusal: DomainError): Response {
    const { status, body } = openLoyalty.told(refusal);
    const headers = new Headers(retryHeaders(refusal));
    if (bearerCodes.includes(refusal.code)) headers.set("WWW-Authenticate", "Bearer");
    return privateJson(status, body, headers);
  },

  methodNotAllowed(allowed: readonly string[]): Response {
    const refusal = openLoyalty.refusal(new DomainError("method_not_allowed"));
    refusal.headers.set("Allow", allowed.join(", "));
    return refusal;
  },
};
