/**
 * The addresses that an account's person has signed in from lately. Tries from there are counted by themselves, so that
 * whoever guesses from elsewhere cannot use up the tries of the person. Kept as keyed hashes: where somebody was is
 * nobody's business.
 */
import { createHmac, hkdfSync } from "node:crypto";

import { env } from "#lib/config/env.ts";

const rememberedMost = 5;

type Account = { memberId: string; knownAddresses: readonly string[] };

/** `address` as limits count it. */
export function isKnownAddress(account: Account, tenantId: string, address: string): boolean {
  return tagsOf(account, tenantId, address).some((tag) => account.knownAddresses.includes(tag));
}

/** Those that are to be remembered from now on, the newest first. */
export function withKnownAddress(account: Account, tenantId: string, address: string): string[] {
  const tags = tagsOf(account, tenantId, address);
  const others = account.knownAddresses.filter((tag) => !tags.includes(tag));
  return [tags[0] ?? "", ...others].slice(0, rememberedMost);
}

/** By each of LAUREL_SECRET, the newest first. */
function tagsOf({ memberId }: Account, tenantId: string, address: string): string[] {
  return env().LAUREL_SECRET.map((secret) => {
    const key = Buffer.from(hkdfSync("sha256", secret, "", "laurel known addresses", 32));
    const text = JSON.stringify([tenantId, memberId, address]);
    return createHmac("sha256", key).update(text).digest("base64url").slice(0, 22);
  });
}
