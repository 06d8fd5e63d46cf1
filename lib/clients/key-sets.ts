/** Tenants' key sets (JWKS), remembered by the rules of remembered-documents.ts: a kid that is not there is not enough. */
import { type DocumentSource, rememberDocuments } from "#lib/clients/remembered-documents.ts";

export type KeySetSource = DocumentSource;

export type KeySets<Key> = {
  /** The key of that kid, or null where the set has none. Throws DocumentUnavailable. */
  find(source: KeySetSource, kid: string): Promise<Key | null>;
  /** Which kids the set has, for explaining a refusal; never fetches. */
  knownKids(source: KeySetSource): string[];
};

/** `read` turns a document into keys and throws where it refuses the whole; `name` says whose they are. */
export function createKeySets<Key>(
  name: string,
  read: (document: unknown) => ReadonlyMap<string, Key>,
): KeySets<Key> {
  const sets = rememberDocuments(`key set of ${name}`, (document) => read(document));

  return {
    async find(source, kid) {
      const keys = await sets.get(source, (known) => known.has(kid));
      return keys.get(kid) ?? null;
    },
    knownKids(source) {
      return [...(sets.peek(source)?.keys() ?? [])];
    },
  };
}
