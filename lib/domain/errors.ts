/** Every way a rule of the programme says no: the key is public API and never renamed, the text is for people. */
const messages = {
  client_invalid: "The X-Client-ID header is missing, or it is not a client id of this programme.",
  cross_site_request: "This request may only come from the microsite's own pages.",
  database_unavailable: "The programme cannot be reached right now. Try again in a moment.",
  embedded_auth_disabled: "This programme signs its members in interactively; /api/auth is not in use here.",
  internal_error: "Something went wrong on our side. Try again; if it stays, give us the X-Request-Id.",
  body_too_large: "The request body is larger than this endpoint takes.",
  invalid_input: "The request is not what this endpoint takes.",
  invalid_json: "The request body is not a valid JSON object.",
  member_not_found: "There is no such member.",
  member_restricted: "This member is restricted. The programme's manager can lift the restriction.",
  method_not_allowed: "This address does not take this method; the Allow header lists those it takes.",
  not_found: "There is nothing at this address.",
  origin_not_allowed: "This origin is not one of the programme's host origins.",
  points_insufficient: "The member has too few points.",
  rate_limited: "Too many requests. Try again after the seconds that the Retry-After header names.",
  reward_not_found: "There is no such reward.",
  server_side_only: "Call this endpoint from your server: a browser would give the client id away.",
  session_invalid: "The session is not valid any more. Ask the host site for a new one.",
  unsupported_media_type: "Send the body as JSON, with Content-Type: application/json.",
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
