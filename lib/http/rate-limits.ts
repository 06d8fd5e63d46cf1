/** The limits, as one table, and what a caller over one is told. */
import ipaddr from "ipaddr.js";
import { TokenBucket } from "limiter";
import type { RateLimiterRes } from "rate-limiter-flexible";

import { env } from "#lib/config/env.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { limiterOf } from "#lib/domain/limits/limiter.ts";
import { hashSecret } from "#lib/domain/secrets.ts";
import type { ApiKey } from "#lib/domain/tenants/tenant.ts";

// Asked when it is needed: a wrong variable stops the start with a sentence, and not this file's being read.
const membersOfAShop = () => env().MEMBER_TOKEN_CALLS_PER_MINUTE;

const limits = {
  /** Bad client ids at `/api/auth`, by address. */
  "bad-client-ids": { count: 10, windowSeconds: 60 },
  /** Tries to sign in with a Laurel account, by address and by account. */
  "sign-in-address": { count: 600, windowSeconds: 60 },
  "sign-in-account": { count: 20, windowSeconds: 60 },
  /** New accounts and mails about them, by address. */
  "sign-up": { count: 5, windowSeconds: 60 },
  "password-reset": { count: 5, windowSeconds: 60 },
  /** New accounts at the door of a company's app, whose server calls for everybody. */
  "end-user-sign-up": { count: membersOfAShop, windowSeconds: 60 },
  /** New passwords of members at the door of Open Loyalty's clients, whose server asks for everybody, too. */
  "member-password-reset": { count: membersOfAShop, windowSeconds: 60 },
  /** Tokens of admins, by address and, for signing in, by admin. */
  "admin-login-address": { count: 20, windowSeconds: 60 },
  "admin-login-account": { count: 20, windowSeconds: 60 },
  "admin-refresh-address": { count: 20, windowSeconds: 60 },
  /** Tokens of members, by member; a shop's server asks for all of them, so its address has more. */
  "member-login-account": { count: 20, windowSeconds: 60 },
  "member-login-address": { count: membersOfAShop, windowSeconds: 60 },
  "member-refresh-account": { count: 20, windowSeconds: 60 },
  "member-refresh-address": { count: membersOfAShop, windowSeconds: 60 },
} as const;

export type LimitName = keyof typeof limits;

type LimitDetails = { name: string; count: number; windowSeconds: number; resetSeconds: number };

const shared = globalThis as typeof globalThis & { laurelKeyBuckets?: Map<string, TokenBucket> };
shared.laurelKeyBuckets ??= new Map();
const keyBuckets = shared.laurelKeyBuckets;

function countOf({ count }: { count: number | (() => number) }): number {
  return typeof count === "number" ? count : count();
}

/** Counts one against a limit. Refuses `rate_limited` where it is one too many. */
export async function countAgainst(limit: LimitName, key: string): Promise<void> {
  const { windowSeconds } = limits[limit];
  const count = countOf(limits[limit]);
  try {
    // Hashed: what somebody types is of any length, and no store's to keep.
    await limiterOf({ name: limit, count, windowSeconds }).consume(hashSecret(key));
  } catch (rejection) {
    const { msBeforeNext } = rejection as RateLimiterRes;
    if (msBeforeNext === undefined) throw rejection;
    const resetSeconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
    const details: LimitDetails = { name: limit, count, windowSeconds, resetSeconds };
    throw new DomainError("rate_limited", details);
  }
}

/** The same for a limit that counts where a call comes from. */
export function countAddressAgainst(limit: LimitName, address: string): Promise<void> {
  return countAgainst(limit, limiterKeyOf(address));
}

/**
 * Counts a try to sign in to one account, which need not be there. A place that only the account's person can come from (an
 * address it is known from, a link that was mailed to it) counts by itself: who tries from elsewhere cannot keep them out.
 */
export function admitSignIn(tenantId: string, account: string, knownPlace: string | null): Promise<void> {
  return countAgainst("sign-in-account", JSON.stringify([tenantId, account, knownPlace]));
}

/**
 * Takes one call from an API key's bucket, which holds `burst` calls and is filled by `ratePerSecond`; the fields of the
 * IETF's RateLimit draft that tell what is left. Refuses `rate_limited` where it is empty.
 */
export function takeFromBucket(apiKey: ApiKey): Record<string, string> {
  const { burst, ratePerSecond } = apiKey;
  const bucket = bucketOf(apiKey);
  const isLeft = bucket.tryRemoveTokens(1);
  const missing = isLeft ? burst - bucket.content : 1 - bucket.content;
  const resetSeconds = Math.max(1, Math.ceil(missing / ratePerSecond));
  const windowSeconds = Math.max(1, Math.ceil(burst / ratePerSecond));
  const details = { name: "api-key", count: burst, windowSeconds, resetSeconds };
  if (!isLeft) throw new DomainError("rate_limited", details);
  return limitFields(details, Math.floor(bucket.content));
}

/** When to try again: Retry-After, and what a limit says of itself; nothing for other refusals. */
export function retryHeaders({ code, details }: DomainError): Record<string, string> {
  if (code === "database_unavailable") return { "Retry-After": String(databaseRetrySeconds) };
  if (code === "identity_provider_unavailable") return { "Retry-After": String(details.retryAfterSeconds) };
  if (code !== "rate_limited") return {};
  const limit = details as LimitDetails;
  return { "Retry-After": String(limit.resetSeconds), ...limitFields(limit, 0) };
}

const databaseRetrySeconds = 5;

function limitFields(
  { name, count, windowSeconds, resetSeconds }: LimitDetails,
  left: number,
): Record<string, string> {
  return {
    "RateLimit-Policy": `"${name}";q=${count};w=${windowSeconds}`,
    RateLimit: `"${name}";r=${left};t=${resetSeconds}`,
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

/** The bucket of a key, full at its first call and when its limits change. */
function bucketOf({ id, burst, ratePerSecond }: ApiKey): TokenBucket {
  const known = keyBuckets.get(id);
  if (known && known.bucketSize === burst && known.tokensPerInterval === ratePerSecond) return known;
  const bucket = new TokenBucket({ bucketSize: burst, tokensPerInterval: ratePerSecond, interval: "second" });
  bucket.content = burst;
  keyBuckets.set(id, bucket);
  return bucket;
}
