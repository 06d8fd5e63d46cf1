/** Tenants for programme files of tests against the real server, and how their members come in. */
import { call } from "#tests/support/laurel-server.ts";

export const clientId = "a-client-id-of-the-tests-that-is-long-enough";

export const embeddedTenant = {
  code: "acme",
  name: "Acme Rewards",
  hostnames: ["rewards.localhost"],
  authMode: "embedded",
  hostUrl: "http://shop.localhost:4000/",
  hostOrigins: ["http://shop.localhost:4000"],
  clientSecrets: [{ name: "shop", secret: clientId }],
  tiers: [{ name: "Silver", pointsRequirement: 1000 }],
  rewards: [
    { externalId: "coffee", name: "Free coffee", type: "VOUCHER", price: 150, summary: "Any size." },
    { externalId: "mug", name: "Stoneware mug", type: "VOUCHER", price: 900 },
  ],
  members: [
    {
      authIdentifier: "user-1",
      profile: { givenName: "Jane", familyName: "Doe", emailAddress: "jane.doe@example.com" },
      points: 500,
    },
  ],
};

export const interactiveTenant = {
  code: "club",
  name: "The Club",
  hostnames: ["club.localhost"],
  authMode: "interactive",
};

/** As the host's server does it: a session token of the embedded tenant's first member, or of the one that is named. */
export async function mintSession(port: number, authIdentifier?: string): Promise<string> {
  const [member] = embeddedTenant.members;
  const { text } = await call(port, "/api/auth", {
    method: "POST",
    headers: { "X-Client-ID": clientId, "Content-Type": "application/json" },
    body: JSON.stringify({
      selector: { authIdentifier: authIdentifier ?? member?.authIdentifier },
      profile: member?.profile,
    }),
  });
  return JSON.parse(text).data.session;
}
