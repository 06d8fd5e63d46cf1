import { Prisma } from "#lib/db/client.ts";
import { driverCause } from "#lib/db/database-down.ts";

const triesMax = 4;

/**
 * Runs a statement or transaction again where PostgreSQL broke it off because it and another one waited for each other
 * (40P01) or could not both be first (40001). What was broken off has changed nothing.
 */
export async function retryingConflicts<Value>(run: () => Promise<Value>): Promise<Value> {
  for (let tries = 1; ; tries++) {
    try {
      return await run();
    } catch (error) {
      if (tries === triesMax || !isConflict(error)) throw error;
    }
  }
}

function isConflict(error: unknown): boolean {
  const { kind, originalCode } = driverCause(error);
  const isPrismas = error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2034";
  return isPrismas || kind === "TransactionWriteConflict" || ["40P01", "40001"].includes(originalCode);
}
