import { ConfigurationError } from "#lib/config/configuration-error.ts";
import type { Tx } from "#lib/db/client.ts";
import { generateSecret } from "#lib/domain/secrets.ts";

/** A secret that the file left out and Laurel made: shown once, then only its hash is left. */
export type MadeSecret = { what: string; secret: string };

/** One application of a programme file to one tenant, as it goes along. */
export type Applying = {
  tx: Tx;
  at: Date;
  tenantId: string;
  tenantCode: string;
  /** The tenant's place in the file, such as `tenants[0]`. */
  path: string;
  madeSecrets: MadeSecret[];
};

/** A mistake in the file: nothing of it is applied. */
export function mistake(path: string, message: string): ConfigurationError {
  return new ConfigurationError(`${path}: ${message}`);
}

/** The secret of the file, or a new one; remember it with `tellSecret` if it turns out to be used. */
export function secretOrNew(inFile: string | undefined): { secret: string; isMade: boolean } {
  return inFile === undefined
    ? { secret: generateSecret(), isMade: true }
    : { secret: inFile, isMade: false };
}

export function tellSecret(
  applying: Applying,
  what: string,
  made: { secret: string; isMade: boolean },
): void {
  if (made.isMade)
    applying.madeSecrets.push({ what: `${applying.tenantCode}: ${what}`, secret: made.secret });
}
