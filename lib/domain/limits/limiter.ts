import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterPostgres } from "rate-limiter-flexible";

import { serverPool } from "#lib/db/client.ts";

export type Limit = { name: string; count: number; windowSeconds: number };

// On globalThis: the start script and Next's bundles are different copies of this module.
const shared = globalThis as typeof globalThis & { laurelLimiters?: Map<string, RateLimiterAbstract> };
shared.laurelLimiters ??= new Map();
const limiters = shared.laurelLimiters;

/**
 * What counts against a limit: in the memory of this process, or, where the database is a server that other processes may
 * have, in its table `rate_limits`, so that they count together.
 */
export function limiterOf({ name, count, windowSeconds }: Limit): RateLimiterAbstract {
  const known = limiters.get(name);
  if (known) return known;
  const options = { points: count, duration: windowSeconds, keyPrefix: name };
  const pool = serverPool();
  const limiter = pool
    ? new RateLimiterPostgres({
        ...options,
        ...{ storeClient: pool, storeType: "pool", tableName: "rate_limits", tableCreated: true },
        inMemoryBlockOnConsumed: count + 1, // who is over it is told so without asking the database
      })
    : new RateLimiterMemory(options);
  limiters.set(name, limiter);
  return limiter;
}
