/** The user API's hot paths, called with tokens of an identity provider that runs beside the load. */
import { randomBytes } from "node:crypto";

import { apiKey, buyers, eventSecret, members, type Path } from "#tests/bench/laurel.ts";
import type { Load } from "#tests/bench/load.ts";
import type { IdentityProvider } from "#tests/support/identity-provider.ts";

const tokenSeconds = 3_600; // longer than a bench

export async function userApiPaths(laurelUrl: string, provider: IdentityProvider): Promise<Path[]> {
  const readers = await tokensFor(provider, members.slice(0, 50));
  const spenders = await tokensFor(provider, buyers);
  const key = { "x-api-key": apiKey };
  const path = (name: string, load: () => Promise<Load>): Path => ({
    ...{ name, floor: "handler" },
    prepare: async () => ({ load: await load() }),
  });
  const read = (target: string) =>
    path(`GET ${target}`, async () => ({
      ...{ url: `${laurelUrl}${target}`, headers: key },
      vary: () => ({ headers: { authorization: `Bearer ${any(readers)}` } }),
    }));
  return [
    read("/v1/users/me/wallet"),
    read("/v1/rewards"),
    path("POST /v1/events", async () => ({
      ...{ url: `${laurelUrl}/v1/events`, method: "POST" },
      headers: { ...key, "content-type": "application/json", authorization: `Bearer ${eventSecret}` },
      vary: () => ({
        body: JSON.stringify({
          ...{ type: "PURCHASE", subject: any(members).authIdentifier, payload: { total: 60.5 } },
          externalId: randomBytes(12).toString("hex"),
        }),
      }),
    })),
    path("POST /v1/commands/purchase_reward", async () => {
      const rewardId = await pennyOf(laurelUrl);
      return {
        ...{ url: `${laurelUrl}/v1/commands/purchase_reward`, method: "POST" },
        headers: { ...key, "content-type": "application/json" },
        vary: () => ({
          body: JSON.stringify({ rewardId }),
          headers: {
            authorization: `Bearer ${any(spenders)}`,
            "idempotency-key": randomBytes(16).toString("hex"),
          },
        }),
      };
    }),
  ];
}

function tokensFor(
  provider: IdentityProvider,
  people: readonly { authIdentifier: string }[],
): Promise<string[]> {
  const exp = Math.floor(Date.now() / 1000) + tokenSeconds;
  return Promise.all(people.map(({ authIdentifier: sub }) => provider.sign({ sub, exp })));
}

async function pennyOf(laurelUrl: string): Promise<string> {
  const answer = await fetch(`${laurelUrl}/v1/rewards?limit=100`, { headers: { "x-api-key": apiKey } });
  const { data } = (await answer.json()) as { data: { id: string; name: string }[] };
  const penny = data.find(({ name }) => name === "Penny");
  if (!penny) throw new Error("The reward to buy is not on the shelf.");
  return penny.id;
}

function any<Item>(items: readonly Item[]): Item {
  return items[Math.floor(Math.random() * items.length)] as Item;
}
