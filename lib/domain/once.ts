/**
 * How a command runs: in one transaction, and once for one Idempotency-Key (contract: "exactly once").
 *
 * Holds under any retry or race:
 *   1. a call with a key that succeeded before gets the first result again, and does nothing;
 *   2. the key and what it did are there together, or neither is; a refusal leaves the key free;
 *   3. of calls at once with one key, one runs and the others wait for it.
 */
import { createHmac, hkdfSync } from "node:crypto";

import { addSeconds, now } from "#lib/config/clock.ts";
import { env } from "#lib/config/env.ts";
import type { Tx } from "#lib/db/client.ts";
import {
  type CommandAnswer,
  claimKey,
  deleteOldKeys,
  type KeyRow,
  keepResult,
} from "#lib/db/idempotency-keys.ts";
import { inTransaction, isLockTimeout, isPointsOutOfRange } from "#lib/db/transaction.ts";
import { DomainError, type DomainErrorCode, invalidInput } from "#lib/domain/errors.ts";
import type { TenantId } from "#lib/domain/ids.ts";
import { WalletDue } from "#lib/domain/ledger/hold-wallet.ts";
import { settleWallet } from "#lib/domain/ledger/settle-wallet.ts";

/** A call that may come again. */
export type OnceKey = KeyRow;

export type Once<Result> = { result: Result; isReplay: boolean };

/** The key of a call by `scope`, who called what; `body` is the parsed JSON that came with it. */
export function onceKey(scope: string, key: string, body: unknown): OnceKey {
  const text = canonicalJson(body);
  const bodyHmacs = env().LAUREL_SECRET.map((secret) => {
    const hmacKey = Buffer.from(hkdfSync("sha256", secret, "", "laurel idempotent bodies", 32));
    return createHmac("sha256", hmacKey).update(text).digest("base64url");
  });
  return { scope, key, bodyHmacs };
}

const triesMax = 5;

/** Runs a command; `run` answers with plain JSON, which is kept where there is a key. */
export async function runOnce<Result extends object>(
  tenantId: TenantId,
  key: OnceKey | null,
  run: (tx: Tx) => Promise<Result>,
): Promise<Once<Result>> {
  const runInTransaction = () =>
    inTransaction(async (tx) => {
      const first = key && (await claimKey<Result>(tx, tenantId, key));
      if (first) return onceOf(first);

      const result = await run(tx);
      if (key) await keepResult(tx, tenantId, key, result, now());
      return { result, isReplay: false };
    });
  for (let tries = 1; ; tries++) {
    try {
      return await sayingWhy(runInTransaction);
    } catch (error) {
      if (!(error instanceof WalletDue) || tries === triesMax) throw error;
      await settleWallet(tenantId, error.memberId);
    }
  }
}

// A client may try again for a day at least; another day is for clocks and queues.
const keptSeconds = 2 * 86_400;
const keysPerStatement = 2_000; // so that the embedded database is never busy for long

/** Deletes the keys that nobody can need any more; how many there were. */
export async function sweepKeys(): Promise<number> {
  const keptBefore = addSeconds(now(), -keptSeconds);
  let swept = 0;
  for (;;) {
    const deleted = await deleteOldKeys(keptBefore, keysPerStatement);
    swept += deleted;
    if (deleted < keysPerStatement) return swept;
  }
}

/** What a command of the database's answered; its refusal as ours. */
export function onceOf<Result>(answer: CommandAnswer<Result>): Once<Result> {
  if (answer.outcome === "refused") throw new DomainError(answer.code as DomainErrorCode, answer.details);
  return { result: answer.result, isReplay: answer.outcome === "replayed" };
}

/** Turns what only the database can notice into the refusal it is. */
export async function sayingWhy<Value>(run: () => Promise<Value>): Promise<Value> {
  try {
    return await run();
  } catch (error) {
    if (isPointsOutOfRange(error)) {
      throw invalidInput({ points: "A balance or a total would go beyond 2^53 − 1 points." });
    }
    if (isLockTimeout(error)) throw new DomainError("idempotency_key_in_flight");
    throw error;
  }
}

/** Equal for equal JSON, whatever the order of its keys. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
