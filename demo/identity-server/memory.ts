/** Where the provider keeps sessions, grants, codes and tokens: in this process, as long as it lives. */
import type { Adapter, AdapterFactory, AdapterPayload } from "oidc-provider";

type Item = { payload: AdapterPayload; expiresAtMs: number };

export function createMemory(): AdapterFactory {
  return (): Adapter => {
    const items = new Map<string, Item>();
    const living = () => [...items].filter(([, { expiresAtMs }]) => expiresAtMs > Date.now());
    const findBy = (key: "uid" | "userCode", value: string) =>
      living().find(([, { payload }]) => payload[key] === value)?.[1].payload;

    return {
      async upsert(id, payload, expiresInSeconds = Number.POSITIVE_INFINITY) {
        const aliveIds = new Set(living().map(([each]) => each));
        for (const each of items.keys()) if (!aliveIds.has(each)) items.delete(each);
        items.set(id, { payload, expiresAtMs: Date.now() + expiresInSeconds * 1000 });
      },
      find: async (id) => living().find(([each]) => each === id)?.[1].payload,
      findByUid: async (uid) => findBy("uid", uid),
      findByUserCode: async (userCode) => findBy("userCode", userCode),
      async consume(id) {
        const item = items.get(id);
        if (item) item.payload.consumed = Math.floor(Date.now() / 1000);
      },
      async destroy(id) {
        items.delete(id);
      },
      async revokeByGrantId(grantId) {
        for (const [id, { payload }] of items) if (payload.grantId === grantId) items.delete(id);
      },
    };
  };
}
