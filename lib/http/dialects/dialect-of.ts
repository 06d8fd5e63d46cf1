import type { DomainError } from "#lib/domain/errors.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { openLoyalty } from "#lib/http/dialects/open-loyalty.ts";
import { weavr } from "#lib/http/dialects/weavr.ts";

/** How a dialect says no. */
export type Dialect = {
  /** Its status, and its body where it has one. */
  told(refusal: DomainError): { status: number; body: object | null };
  refusal(refusal: DomainError): Response;
  methodNotAllowed(allowed: readonly string[]): Response;
};

// Below /api everything else belongs to Open Loyalty's clients, whose programmes may have any other code.
const ownFolders = /^\/(?:v1|api\/(?:auth|session|health))(?:\/|$)/;

/** The dialect that programs at an address understand, whether there is anything at it or not. */
export function dialectOf(path: string): Dialect {
  if (/^\/multi(?:\/|$)/.test(path)) return weavr;
  return ownFolders.test(path) ? jsend : openLoyalty;
}
