import { describeError, log } from "#lib/config/log.ts";
import { requestContext } from "#lib/config/request-context.ts";
import { isDatabaseDown } from "#lib/db/database-down.ts";
import { DomainError } from "#lib/domain/errors.ts";

/** What was thrown, as a refusal. What is none is our side's fault: logged for us, a bare 500 or 503 for the caller. */
export function refusalOf(error: unknown): DomainError {
  if (error instanceof DomainError) return error;

  const context = requestContext.getStore();
  if (context) context.hasFailed = true;
  log().error({ requestId: context?.requestId, error: describeError(error) }, "request failed");
  return new DomainError(isDatabaseDown(error) ? "database_unavailable" : "internal_error");
}
