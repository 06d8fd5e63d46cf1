/**
 * All that a host needs on its server: one call that gets a session for a signed-in customer, one that ends them, and one
 * that reports a purchase.
 */
import { callLaurel, type LaurelAddress, refusalCodeOf } from "../call-laurel.ts";
import type { Order } from "./orders.ts";
import type { Person } from "./people.ts";

export type ShopSecrets = {
  clientId: string;
  apiKey: string;
  /** The secret of the event type PURCHASE: who knows it may report purchases, for anybody. */
  purchaseSecret: string;
};

export type Laurel = LaurelAddress & ShopSecrets;

/** A session token for this person; made anew for each link, because a link works once. Makes the member where needed. */
export async function mintSession(laurel: Laurel, person: Person): Promise<string> {
  const { id, givenName, familyName, emailAddress } = person;
  const { status, body } = await callLaurel(laurel, {
    method: "POST",
    path: "/api/auth",
    headers: { "X-Client-ID": laurel.clientId },
    payload: { selector: { authIdentifier: id }, profile: { givenName, familyName, emailAddress } },
  });
  if (status !== 200) throw new Error(`Laurel answered ${status}: ${JSON.stringify(body)}`);
  return (body as { data: { session: string } }).data.session;
}

/** Signs a person out of the rewards, everywhere. */
export async function endSessions(laurel: Laurel, person: Person): Promise<void> {
  const { status, body } = await callLaurel(laurel, {
    method: "DELETE",
    path: "/api/auth",
    headers: { "X-Client-ID": laurel.clientId },
    payload: { selector: { authIdentifier: person.id } },
  });
  if (status !== 200) throw new Error(`Laurel answered ${status}: ${JSON.stringify(body)}`);
}

/**
 * Reports what somebody bought, and says how many points it gave, or null where Laurel refused it. An order counts once,
 * however often it is reported, by its number. Throws where another try may do better.
 */
export async function reportPurchase(laurel: Laurel, order: Order): Promise<number | null> {
  const { number, person, product } = order;
  const report = () =>
    callLaurel(laurel, {
      method: "POST",
      path: "/v1/events",
      headers: {
        "X-Api-Key": laurel.apiKey,
        Authorization: `Bearer ${laurel.purchaseSecret}`,
        "Idempotency-Key": number,
      },
      payload: {
        type: "PURCHASE",
        subject: person.id,
        externalId: number,
        payload: { total: product.priceEuros, currency: "EUR" },
      },
    });

  let answer = await report();
  if (refusalCodeOf(answer) === "member_not_found") {
    await mintSession(laurel, person); // a first purchase counts, too, before the rewards were ever opened
    answer = await report();
  }
  if (answer.status === 200) return pointsIn(answer.body);
  const refusal = refusalCodeOf(answer) ?? "";
  if (answer.status >= 500 || mendedByWaiting.has(refusal)) throw new Error(`Laurel answered ${refusal}.`);
  console.error(`Laurel refused ${number}: ${refusal}.`);
  return null;
}

const mendedByWaiting = new Set(["rate_limited", "idempotency_key_in_flight"]);

function pointsIn(body: unknown): number {
  const { reactions } = (body as { data: { reactions: { type: string; points?: number }[] } }).data;
  return reactions.reduce((sum, { type, points = 0 }) => sum + (type === "POINTS" ? points : 0), 0);
}
