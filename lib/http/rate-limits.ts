/** The limits, as one table, and what a caller over one is told. Counted in the memory of this process. */
import ipaddr from "ipaddr.js";
import { RateLimiterMemory, type RateLimiterRes } from "rate-limiter-flexible";

import { DomainError } from "#lib/domain/errors.ts";

const limits = {
  /** Bad client ids at `/api/auth`, by address. */
  "bad-client-ids": { count: 10, windowSeconds: 60 },
} as const;

export type LimitName = keyof typeof limits;

type LimitDetails = { name: LimitName; count: number; windowSeconds: number; resetSeconds: number };

const shared = globalThis as typeof globalThis & { laurelLimiters?: Map<LimitName, RateLimiterMemory> };
shared.laurelLimiters ??= new Map();
const limiters = shared.laurelLimiters;

/** Counts one against a limit. Refuses `rate_limited` where it is one too many. */
export async function countAgainst(limit: LimitName, key: string): Promise<void> {
  const { count, windowSeconds } = limits[limit];
  try {
    await limiterOf(limit).consume(key);
  } catch (rejection) {
    const { msBeforeNext } = rejection as RateLimiterRes;
    if (msBeforeNext === undefined) throw rejection;
    const resetSeconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
    const details: LimitDetails = { name: limit, count, windowSeconds, resetSeconds };
    throw new DomainError("rate_limited", details);
  }
}

/** Retry-After, and the fields of the IETF's RateLimit draft; nothing for other refusals. */
export function limitHeaders({ code, details }: DomainError): Record<string, string> {
  if (code !== "rate_limited") return {};
  const { name, count, windowSeconds, resetSeconds } = details as LimitDetails;
  return {
    "Retry-After": String(resetSeconds),
    "RateLimit-Policy": `"${name}";q=${count};w=${windowSeconds}`,
    RateLimit: `"${name}";r=0;t=${resetSeconds}`,
  };
}

/** One key for all that one caller can easily come from: an IPv6 /64, an IPv4 also where it is written as IPv6. */
export function limiterKeyOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString();
  return `${parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(":")}::/64`;
}

function limiterOf(limit: LimitName): RateLimiterMemory {
  const known = limiters.get(limit);
  if (known) return known;
  const { count, windowSeconds } = limits[limit];
  const limiter = new RateLimiterMemory({ points: count, duration: windowSeconds, keyPrefix: limit });
  limiters.set(limit, limiter);
  return limiter;
}
