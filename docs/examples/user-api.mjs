// Reports a purchase, buys the cheapest reward that the member can have, and reads the wallet. Node 20 or newer.
// It runs as it is beside `npm run demo`; for a programme of your own, set the variables.
import { createHmac, randomUUID } from "node:crypto";

const url = process.env.LAUREL_URL ?? "http://127.0.0.1:3000";
const apiKey = process.env.LAUREL_API_KEY ?? "demo-shop-api-key-for-this-computer-only";
const eventSecret = process.env.LAUREL_EVENT_SECRET ?? "demo-purchase-event-secret-for-this-computer";
const issuer = process.env.LAUREL_ISSUER ?? "http://shop.localhost:4000";
const sharedKey = process.env.LAUREL_SHARED_KEY ?? "demo-shared-key-for-this-computer-only-8Kx2";
const member = process.env.LAUREL_MEMBER ?? "demo-ada";

function userToken(sub) {
  const iat = Math.floor(Date.now() / 1000);
  const part = (json) => Buffer.from(JSON.stringify(json)).toString("base64url");
  const signed = `${part({ alg: "HS256" })}.${part({ iss: issuer, sub, iat, exp: iat + 300 })}`;
  return `${signed}.${createHmac("sha256", sharedKey).update(signed).digest("base64url")}`;
}

// When you try a call again, send the same idempotencyKey.
async function call(bearer, method, path, body, idempotencyKey = randomUUID()) {
  const headers = { "X-Api-Key": apiKey, Authorization: `Bearer ${bearer}` };
  if (body) Object.assign(headers, { "Content-Type": "application/json", "Idempotency-Key": idempotencyKey });
  const sent = { method, headers, body: JSON.stringify(body), signal: AbortSignal.timeout(5000) };
  const response = await fetch(url + path, sent);
  const answer = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${answer.code} (${answer.message})`);
  return answer.data;
}

const order = { subject: member, externalId: `order-${Date.now()}`, payload: { total: 120 } };
const { reactions } = await call(eventSecret, "POST", "/v1/events", { type: "PURCHASE", ...order });
console.log(`The purchase gave ${reactions.reduce((sum, { points = 0 }) => sum + points, 0)} points.`);
const token = userToken(member);
const shelf = await call(token, "GET", "/v1/rewards?limit=100");
const [reward] = shelf.filter((it) => it.affordable && it.available).sort((a, b) => a.price - b.price);
if (reward) await call(token, "POST", "/v1/commands/purchase_reward", { rewardId: reward.id });
console.log(reward ? `Bought: ${reward.name}, for ${reward.price} points.` : "No reward is within reach.");
const wallet = await call(token, "GET", "/v1/users/me/wallet");
console.log(`The wallet now holds ${wallet.points} points and ${wallet.vouchers.length} vouchers.`);
