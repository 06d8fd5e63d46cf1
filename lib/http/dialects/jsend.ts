/** The dialect of /api/auth, /api/session and /v1: success, fail (the caller can act) or error (our side). */
import { DomainError, type DomainErrorCode } from "#lib/domain/errors.ts";
import { privateJson } from "#lib/http/private-answers.ts";
import { retryHeaders } from "#lib/http/rate-limits.ts";

/** The one table from refusal to status here: a code without a line in it does not compile. */
export const statusByCode: Record<DomainErrorCode, number> = {
  account_exists: 409,
  admin_required: 403,
  already_reversed: 409,
  api_key_invalid: 401,
  auth_identifier_taken: 409,
  benefit_already_redeemed: 409,
  benefit_expired: 409,
  benefit_not_found: 404,
  body_too_large: 413,
  client_invalid: 401,
  credentials_invalid: 401,
  credentials_locked: 423,
  cross_site_request: 403,
  database_unavailable: 503,
  embedded_auth_disabled: 404,
  event_type_intrinsic: 403,
  event_type_not_found: 404,
  event_type_private: 403,
  external_id_taken: 409,
  forbidden: 403,
  idempotency_key_in_flight: 409,
  idempotency_key_reused: 422,
  identity_provider_unavailable: 503,
  internal_error: 500,
  invalid_input: 400,
  invalid_json: 400,
  member_not_found: 404,
  member_restricted: 403,
  member_unknown: 403,
  method_not_allowed: 405,
  not_found: 404,
  origin_not_allowed: 403,
  points_insufficient: 409,
  rate_limited: 429,
  refresh_token_expired: 401,
  refresh_token_missing: 401,
  refresh_token_unknown: 401,
  registration_closed: 403,
  reward_limit_reached: 409,
  reward_not_available: 403,
  reward_not_found: 404,
  reward_out_of_stock: 409,
  server_side_only: 403,
  session_invalid: 401,
  token_expired: 401,
  token_invalid: 401,
  token_missing: 401,
  unsupported_media_type: 415,
  voucher_already_used: 409,
};

/** What a caller without a good token is told to bring (RFC 6750, section 3). */
const challengeByCode: Partial<Record<DomainErrorCode, string>> = {
  token_expired: 'Bearer error="invalid_token"',
  token_invalid: 'Bearer error="invalid_token"',
  token_missing: "Bearer",
};

export const jsend = {
  success(data: object, headers: HeadersInit = {}): Response {
    return privateJson(200, { status: "success", data }, headers);
  },

  list(data: readonly object[], page: { nextCursor: string | null }): Response {
    return privateJson(200, { status: "success", data, page });
  },

  told({ code, message, details }: DomainError) {
    const status = statusByCode[code];
    if (status >= 500) return { status, body: { status: "error", code, message } };
    return { status, body: { status: "fail", code, message, data: details } };
  },

  refusal(error: DomainError): Response {
    const { status, body } = jsend.told(error);
    const headers = new Headers(retryHeaders(error));
    const challenge = challengeByCode[error.code];
    if (challenge) headers.set("WWW-Authenticate", challenge);
    return privateJson(status, body, headers);
  },

  methodNotAllowed(allowed: readonly string[]): Response {
    const refusal = jsend.refusal(new DomainError("method_not_allowed"));
    refusal.headers.set("Allow", allowed.join(", "));
    return refusal;
  },
};
