import type { KeyObject } from "node:crypto";

import { createKeySets, type KeySetSource } from "#lib/clients/key-sets.ts";
import { Faulty, shown } from "#lib/domain/tokens/compact-jws.ts";
import { readKeySet } from "#lib/domain/tokens/read-key-set.ts";

const keySets = createKeySets<KeyObject>("identity providers", readKeySet);

/**
 * The key of that kid in a provider's JWKS; one memory for all kinds of its tokens. Throws Faulty `key_unknown` where the
 * set has none, and DocumentUnavailable where nothing can be said.
 */
export async function findProviderKey(source: KeySetSource, kid: string): Promise<KeyObject> {
  const key = await keySets.find(source, kid);
  if (key) return key;
  const known = keySets.knownKids(source).map(shown).join(", ") || "none that can be used";
  throw new Faulty("key_unknown", `The JWKS has no usable key with the kid ${shown(kid)}. It has: ${known}.`);
}
