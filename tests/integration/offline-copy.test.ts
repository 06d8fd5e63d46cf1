import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { GET } from "#app/api/session/offline-copy/route.ts";
import { callSession, cookieOf, patchMember, postAuth, postFromPage } from "#tests/support/calls.ts";
import { rewardIdOf } from "#tests/support/engine.ts";
import { createTenant, profile, type TestTenant } from "#tests/support/factories.ts";

// Goal: a device may show at a till what a member has there, no more, and asking for it keeps nobody signed in.
// Method: the test holds the clock.

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-12-01T00:00:00Z") });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A member who chose a language: without one the page's reader is asked, and there is none here. */
async function signIn(tenant: TestTenant): Promise<string> {
  const body = { selector: { authIdentifier: "user-1" }, profile };
  const cookie = cookieOf(await postAuth(tenant, { body }));
  await patchMember(tenant, cookie, { locale: "en" });
  return cookie;
}

async function askForCopy(tenant: TestTenant, cookie: string) {
  const address = `http://${tenant.host}/api/session/offline-copy`;
  const answer = await GET(new Request(address, { headers: { host: tenant.host, cookie } }));
  return { status: answer.status, json: await answer.json() };
}

test("asking for the copy extends no idle limit, and says what is left of it", async () => {
  const tenant = await createTenant({ sessions: { idleSeconds: 120 } });
  const cookie = await signIn(tenant);
  vi.setSystemTime(new Date("2026-12-01T00:01:40Z"));

  const { status, json } = await askForCopy(tenant, cookie);

  expect([status, json.data.secondsRemaining]).toEqual([200, 20]);
  expect((await callSession(tenant, "GET", cookie)).json.data.secondsRemaining).toBe(20);
  vi.setSystemTime(new Date("2026-12-01T00:02:01Z"));
  expect((await askForCopy(tenant, cookie)).status).toBe(401);
});

test("a code is in it once its ticket was redeemed, and that ticket comes before newer ones", async () => {
  const tenant = await createTenant({
    rewards: [
      { externalId: "tea", name: "Tea", type: "VOUCHER", price: 0 },
      { externalId: "cake", name: "Cake", type: "VOUCHER", price: 0 },
    ],
  });
  const cookie = await signIn(tenant);
  const buyAt = async (name: string) => {
    const rewardId = await rewardIdOf(tenant, name);
    return (await postFromPage(tenant, "purchases", { cookie, body: { rewardId } })).json.data;
  };
  const tea = await buyAt("tea");
  vi.setSystemTime(new Date("2026-12-01T00:00:10Z"));
  await buyAt("cake");
  await postFromPage(tenant, "redemptions", { cookie, body: { benefitId: tea.benefit.id } });

  const { json } = await askForCopy(tenant, cookie);

  expect(json.data.tickets).toEqual([
    expect.objectContaining({ reward: "Tea", isRedeemed: true, code: expect.anything() }),
    expect.objectContaining({ reward: "Cake", isRedeemed: false, code: null }),
  ]);
});
