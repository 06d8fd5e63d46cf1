import { db, type Tx } from "#lib/db/client.ts";
import { driverCause } from "#lib/db/database-down.ts";
import { retryingConflicts } from "#lib/db/retrying-conflicts.ts";

const waitMsMax = 10_000;
const runMsMax = 15_000; // longer than a call may wait for another one with its Idempotency-Key

/** One transaction, run again where it and another one could not both go on. Queries in it take its `tx`. */
export function inTransaction<Value>(run: (tx: Tx) => Promise<Value>): Promise<Value> {
  return retryingConflicts(() => db().$transaction(run, { maxWait: waitMsMax, timeout: runMsMax }));
}

/** Whether `laurel_functions.post_entry` refused to take a balance or a total out of the range of safe integers. */
export function isPointsOutOfRange(error: unknown): boolean {
  return driverCause(error).originalCode === "LR001";
}

/** Whether a wait for another transaction took longer than a call may wait for an Idempotency-Key. */
export function isLockTimeout(error: unknown): boolean {
  return driverCause(error).originalCode === "55P03";
}

const madeAtOnceMax = 5;

/** Runs again where another call made the same row, or drew the same number for one, at the same moment. */
export async function retryingAlreadyThere<Value>(run: () => Promise<Value>): Promise<Value> {
  for (let tries = 1; ; tries++) {
    try {
      return await run();
    } catch (error) {
      if (!isAlreadyThere(error) || tries === madeAtOnceMax) throw error;
    }
  }
}

/** Whether a row was to be made, or given a key, that another one has. */
export function isAlreadyThere(error: unknown): boolean {
  return driverCause(error).originalCode === "23505";
}
