/** Every way a rule of the programme says no: the key is public API and never renamed, the text is for people. */
const messages = {
  account_exists: "There is an account with this e-mail address already.",
  admin_required: "This call is for admins: send an admin's token.",
  already_reversed: "This has been taken back already.",
  api_key_invalid: "The X-Api-Key header is missing, or it is not a key of a programme.",
  auth_identifier_taken: "Another member has this authIdentifier.",
  benefit_already_redeemed: "This benefit has been redeemed already; its code is shown with it.",
  benefit_expired: "The time in which this benefit could be used is over.",
  benefit_not_found: "There is no such benefit.",
  body_too_large: "The request body is larger than this endpoint takes.",
  client_invalid: "The X-Client-ID header is missing, or it is not a client id of this programme.",
  credentials_invalid: "The user name or the password is wrong, or this account may not sign in.",
  credentials_locked: "Too many wrong passwords from here. Try again in half an hour.",
  cross_site_request: "This request may only come from the microsite's own pages.",
  database_unavailable: "The programme cannot be reached right now. Try again in a moment.",
  embedded_auth_disabled: "This programme signs its members in interactively; /api/auth is not in use here.",
  event_type_intrinsic: "Laurel itself reports events of this type; nobody else can.",
  event_type_not_found: "There is no such event type, or it is not in use any more.",
  event_type_private:
    "Events of this type are reported by a server that knows the type's secret, or by an admin.",
  external_id_taken: "Another member's event has this externalId.",
  forbidden: "This is not allowed for you. A member reports events of their own only.",
  idempotency_key_in_flight:
    "A call with this Idempotency-Key is still running. Try again with the same key.",
  idempotency_key_reused: "This Idempotency-Key came with another body before. Use a new key for a new call.",
  identity_provider_unavailable:
    "The keys of the programme's identity provider cannot be fetched right now. Try again in a moment.",
  internal_error: "Something went wrong on our side. Try again; if it stays, give us the X-Request-Id.",
  invalid_input: "The request is not what this endpoint takes.",
  invalid_json: "The request body is not a valid JSON object.",
  member_not_found: "There is no such member.",
  member_restricted: "This member is restricted. The programme's manager can lift the restriction.",
  member_unknown:
    "The token is good, and no member has its sub as authIdentifier. Make the member first: POST /api/auth, or POST /v1/users.",
  method_not_allowed: "This address does not take this method; the Allow header lists those it takes.",
  not_found: "There is nothing at this address.",
  origin_not_allowed: "This origin is not one of those that the programme allows.",
  points_insufficient: "The member has too few points.",
  rate_limited: "Too many requests. Try again after the seconds that the Retry-After header names.",
  refresh_token_expired: "The refresh token has expired: sign in again.",
  refresh_token_missing: "This call needs a refresh token: refresh_token.",
  refresh_token_unknown: "The refresh token is none, or was used or ended: sign in again.",
  registration_closed: "This programme takes no new accounts by itself. Ask the programme for yours.",
  reward_limit_reached: "The member has had this reward as often as one member may.",
  reward_not_available: "The reward is not to be had now, or not for this member's tier.",
  reward_not_found: "There is no such reward.",
  reward_out_of_stock: "The reward is sold out.",
  server_side_only: "Call this endpoint from your server: a browser would give the client id away.",
  session_invalid: "The session is not valid any more. Sign in again, or ask the host site for a new one.",
  token_expired: "The token has expired: refresh it, or sign in again.",
  token_invalid: "The bearer token is not valid here.",
  token_missing: "This call needs a bearer token: Authorization: Bearer <token>.",
  unsupported_media_type: "Send the body as JSON, with Content-Type: application/json.",
  voucher_already_used: "This voucher has been used already.",
} as const;

export type DomainErrorCode = keyof typeof messages;
export type DomainErrorDetails = Readonly<Record<string, unknown>>;

/** A refusal the caller can act on. Anything else that is thrown is a bug and becomes a 500. */
export class DomainError extends Error {
  override readonly name = "DomainError";
  readonly code: DomainErrorCode;
  readonly details: DomainErrorDetails;

  constructor(code: DomainErrorCode, details: DomainErrorDetails = {}) {
    super(messages[code]);
    this.code = code;
    this.details = details;
  }
}

/** What is wrong with the input: a sentence for each field, named as the caller wrote it (`profile.givenName`). */
export function invalidInput(fields: Readonly<Record<string, string>>): DomainError {
  return new DomainError("invalid_input", { fields });
}
