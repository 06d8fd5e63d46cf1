/**
 * The shop's orders. A purchase stands as soon as it is made; what Laurel makes of it comes after, and never undoes it. They
 * live as long as the shop's process.
 */
import { randomUUID } from "node:crypto";

import { type Laurel, reportPurchase } from "./laurel.ts";
import type { Person } from "./people.ts";
import type { Product } from "./products.ts";

export type Order = {
  /** Made with the order, so that reporting it twice counts once. */
  number: string;
  person: Person;
  product: Product;
  /** What the rewards gave for it, once they were heard: points, or null where they refused. */
  report: "waiting" | { earnedPoints: number | null };
};

const orders = new Map<string, Order>();

export function placeOrder(person: Person, product: Product): Order {
  const order: Order = { number: `order-${randomUUID()}`, person, product, report: "waiting" };
  orders.set(order.number, order);
  return order;
}

export function findOrder(person: Person, number: string | null): Order | null {
  const order = orders.get(number ?? "");
  return order?.person === person ? order : null;
}

/** Tells Laurel of an order. Where nothing is heard it goes on waiting. */
export async function reportOrder(laurel: Laurel, order: Order): Promise<void> {
  try {
    order.report = { earnedPoints: await reportPurchase(laurel, order) };
  } catch (error) {
    console.error(`Laurel does not know of ${order.number} yet: ${(error as Error).message}`);
  }
}

/** Tells Laurel of what this person bought while it could not be reached. */
export async function reportWaitingOrders(laurel: Laurel, person: Person): Promise<void> {
  for (const order of orders.values()) {
    if (order.person !== person || order.report !== "waiting") continue;
    await reportOrder(laurel, order);
    if (order.report === "waiting") return; // still away: the next page tries again
  }
}

/** What the shop says of an order: the thanks, and in one line what came of it. */
export function describeOrder({ product, report }: Order): { thanks: string; earned: string } {
  const thanks = `${product.name}: thank you!`;
  if (report === "waiting") return { thanks, earned: "Your points will follow in a moment." };
  const { earnedPoints } = report;
  if (earnedPoints === null) return { thanks, earned: "No points this time." };
  return { thanks, earned: `+ ${earnedPoints} ${earnedPoints === 1 ? "point" : "points"}` };
}
