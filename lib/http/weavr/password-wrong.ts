import { DomainError } from "#lib/domain/errors.ts";

/** A wrong password is no bad field here: it is refused like one at the door. */
export async function sayingPasswordWrong<Value>(run: () => Promise<Value>): Promise<Value> {
  try {
    return await run();
  } catch (error) {
    const problems =
      error instanceof DomainError ? (error.details.problems as { currentPassword?: string }) : null;
    throw problems?.currentPassword === "password_wrong" ? new DomainError("credentials_invalid") : error;
  }
}
