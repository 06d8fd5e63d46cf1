/**
 * The dialect of /multi: what clients of Weavr are told (Weavr Multi API). Most refusals have no body; what a client can do
 * is in the status.
 */
import { DomainError, type DomainErrorCode } from "#lib/domain/errors.ts";
import { statusByCode } from "#lib/http/dialects/jsend.ts";
import { privateHeaders, privateJson } from "#lib/http/private-answers.ts";
import { retryHeaders } from "#lib/http/rate-limits.ts";

const statusHere: Partial<Record<DomainErrorCode, number>> = {
  credentials_invalid: 403,
  credentials_locked: 423,
  account_exists: 409,
};
const errorCodes: Partial<Record<DomainErrorCode, string>> = {
  registration_closed: "REGISTRATION_CLOSED",
  account_exists: "ROOT_USERNAME_NOT_UNIQUE",
};

export const weavr = {
  success(body: object, headers: HeadersInit = {}): Response {
    return privateJson(200, body, headers);
  },

  /** Done, with nothing to say. */
  done(): Response {
    return new Response(null, { status: 204, headers: privateHeaders });
  },

  told({ code, message, details }: DomainError) {
    const status = statusHere[code] ?? statusByCode[code];
    if (code === "invalid_input" || code === "invalid_json") {
      const fields = Object.entries((details.fields ?? {}) as Record<string, string>);
      const invalidFields = fields.map(([fieldName, params]) => ({
        fieldName,
        error: "REGEX",
        params: [params],
      }));
      return { status, body: { message, syntaxErrors: { invalidFields } } };
    }
    const errorCode = errorCodes[code];
    return { status, body: errorCode === undefined ? null : { errorCode } };
  },

  refusal(refusal: DomainError): Response {
    const { status, body } = weavr.told(refusal);
    if (body) return privateJson(status, body);
    return new Response(null, { status, headers: { ...privateHeaders, ...retryHeaders(refusal) } });
  },

  methodNotAllowed(allowed: readonly string[]): Response {
    const refusal = weavr.refusal(new DomainError("method_not_allowed"));
    refusal.headers.set("Allow", allowed.join(", "));
    return refusal;
  },
};
