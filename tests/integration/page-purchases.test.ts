import { afterEach, expect, test } from "vitest";

import type { MemberId } from "#lib/domain/ids.ts";
import { checkLaws } from "#lib/domain/laws/check-laws.ts";
import { restrictMember } from "#lib/domain/members/restrict-member.ts";
import { type Answer, callSession, cookieOf, postAuth, postFromPage } from "#tests/support/calls.ts";
import { adjust, createProgramme, daysLater, rewardIdOf } from "#tests/support/engine.ts";
import { createTenant, type TestTenant } from "#tests/support/factories.ts";

// Goal: the doors through which the microsite's own pages buy and redeem: who may, what they take, what they answer.

const coffee = {
  ...{ externalId: "coffee", name: "Coffee", type: "VOUCHER", price: 150, summary: "Any size." },
  ...{ codeType: "STATIC", code: "COFFEE", value: 3.5, perMemberLimit: 5, validForDays: 30 },
};

type Visitor = { tenant: TestTenant; memberId: MemberId; cookie: string; rewardId: string };

async function visit(settings: Record<string, unknown> = {}, points = 1_000): Promise<Visitor> {
  const tenant = await createProgramme({ rewards: [coffee], ...settings });
  const signedIn = await postAuth(tenant);
  const memberId = signedIn.json.data.user.id as MemberId;
  if (points > 0) await adjust(tenant, memberId, points);
  return { tenant, memberId, cookie: cookieOf(signedIn), rewardId: await rewardIdOf(tenant, "coffee") };
}

function buyFromPage({ tenant, cookie, rewardId }: Visitor, call: object = {}): Promise<Answer> {
  return postFromPage(tenant, "purchases", { cookie, body: { rewardId }, ...call });
}

afterEach(() => daysLater(0));

test("a purchase answers with the whole benefit, its code hidden, and the new balance", async () => {
  const visitor = await visit();

  const { status, json, headers } = await buyFromPage(visitor);

  expect(status).toBe(200);
  expect(headers.get("cache-control")).toBe("private, no-store");
  expect(json).toEqual({
    status: "success",
    data: {
      benefit: {
        id: expect.stringMatching(/^[0-9a-f-]{14}7/),
        type: "VOUCHER",
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        redeemedAt: null,
        expiresAt: expect.stringMatching(/Z$/),
        burnedAt: null,
        reward: {
          ...{ id: visitor.rewardId, type: "VOUCHER", name: "Coffee", summary: "Any size.", description: "" },
          ...{ terms: "", pictureUrl: null, category: null, price: 150, value: 3.5, purchasable: true },
          ...{
            availability: { start: null, end: null },
            tier: null,
            stockRemaining: null,
            perMemberLimit: 5,
          },
          ...{ redemptionChannels: ["IN_STORE", "ONLINE"], codeType: "STATIC" },
        },
        code: null,
      },
      wallet: { points: 850 },
    },
  });
  expect(await checkLaws()).toEqual([]);
});

test("redeeming shows the code; again with the same key it is the same answer, and says so", async () => {
  const visitor = await visit();
  const { tenant, cookie } = visitor;
  const benefitId = (await buyFromPage(visitor)).json.data.benefit.id;
  const redeem = (key?: string) =>
    postFromPage(tenant, "redemptions", { cookie, body: { benefitId }, ...(key ? { key } : {}) });

  const first = await redeem("one");
  const again = await redeem('"one"'); // as a quoted string it is the same key
  const anew = await redeem();

  expect(first.json.data.benefit).toMatchObject({ code: { value: "COFFEE", validatedAt: null } });
  expect(first.headers.get("idempotency-replayed")).toBeNull();
  expect(again.json).toEqual(first.json);
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  expect(anew).toMatchObject({ status: 409, json: { code: "benefit_already_redeemed" } });
});

test("fifty tries with one key, started together, are one purchase and fifty equal answers", async () => {
  const visitor = await visit();

  const answers = await Promise.all(Array.from({ length: 50 }, () => buyFromPage(visitor, { key: "once" })));

  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set(answers.map(({ json }) => JSON.stringify(json))).size).toBe(1);
  expect(answers[0]?.json.data.wallet.points).toBe(850);
  expect(answers.filter(({ headers }) => headers.get("idempotency-replayed") === null)).toHaveLength(1);
});

test.each([
  ["another site's page", { headers: { origin: "https://evil.example" } }, 403, "cross_site_request"],
  ["no origin", { headers: { origin: "null" } }, 403, "cross_site_request"],
  ["a cross-site fetch", { headers: { "sec-fetch-site": "cross-site" } }, 403, "cross_site_request"],
  ["a stranger", { cookie: "" }, 401, "session_invalid"],
  ["a form", { headers: { "content-type": "text/plain" } }, 415, "unsupported_media_type"],
  ["broken JSON", { body: '{"rewardId":' }, 400, "invalid_json"],
  ["no key", { key: null }, 400, "invalid_input"],
  ["an empty key", { key: "" }, 400, "invalid_input"],
  ["a key with a space", { key: "a b" }, 400, "invalid_input"],
  ["a key that is too long", { key: "k".repeat(129) }, 400, "invalid_input"],
  ["no reward", { body: {} }, 400, "invalid_input"],
  ["a field too many", { body: { rewardId: "x", price: 1 } }, 400, "invalid_input"],
  ["a reward that is no id", { body: { rewardId: "coffee" } }, 404, "reward_not_found"],
  [
    "an unknown reward",
    { body: { rewardId: "01a00000-0000-7000-8000-000000000000" } },
    404,
    "reward_not_found",
  ],
])("%s is refused, and nothing is bought", async (_who, call, status, code) => {
  const visitor = await visit();

  const answer = await buyFromPage(visitor, call);

  expect(answer).toMatchObject({ status, json: { status: "fail", code } });
  expect((await buyFromPage(visitor)).json.data.wallet.points).toBe(850);
});

test("too few points are told with both numbers", async () => {
  const { json, status } = await buyFromPage(await visit({}, 100));

  expect(status).toBe(409);
  expect(json).toMatchObject({ code: "points_insufficient", data: { balancePoints: 100, costPoints: 150 } });
});

test("the same key with another reward is refused, and a refusal leaves a key free", async () => {
  const tea = { externalId: "tea", name: "Tea", type: "VOUCHER", price: 100 };
  const visitor = await visit({ rewards: [coffee, tea] }, 120);
  const other = { ...visitor, rewardId: await rewardIdOf(visitor.tenant, "tea") };

  expect((await buyFromPage(visitor, { key: "k" })).json.code).toBe("points_insufficient");
  expect((await buyFromPage(other, { key: "k" })).status).toBe(200);
  expect(await buyFromPage(visitor, { key: "k" })).toMatchObject({
    status: 422,
    json: { code: "idempotency_key_reused" },
  });
});

test("a member of another programme, or one who was restricted, gets nothing", async () => {
  const visitor = await visit();
  const stranger = await visit();

  expect((await buyFromPage({ ...visitor, cookie: stranger.cookie })).json.code).toBe("session_invalid");
  expect((await buyFromPage({ ...visitor, rewardId: stranger.rewardId })).json.code).toBe("reward_not_found");
  const benefitId = (await buyFromPage(visitor)).json.data.benefit.id;
  const foreign = { cookie: stranger.cookie, body: { benefitId } };
  expect((await postFromPage(stranger.tenant, "redemptions", foreign)).json.code).toBe("benefit_not_found");
  await restrictMember(visitor.tenant.id, visitor.memberId, true);
  expect((await buyFromPage(visitor)).json.code).toBe("session_invalid");
});

test("a purchase and a redemption extend an idle limit, and their refusals do not", async () => {
  const visitor = await visit({ sessions: { idleSeconds: 600 } });
  const { tenant, cookie } = visitor;
  const idleEnd = async () => Date.parse((await callSession(tenant, "GET", cookie)).json.data.idleExpiresAt);
  const start = await idleEnd();
  const minute = 60_000;

  daysLater(1 / 1440);
  await buyFromPage(visitor, { body: { rewardId: "01a00000-0000-7000-8000-000000000000" } });
  await postFromPage(tenant, "redemptions", { cookie, body: { benefitId: "none" } });
  expect(await idleEnd()).toBe(start);
  const benefitId = (await buyFromPage(visitor)).json.data.benefit.id;
  expect((await idleEnd()) - start).toBeGreaterThanOrEqual(minute);
  daysLater(2 / 1440);
  await postFromPage(tenant, "redemptions", { cookie, body: { benefitId } });
  expect((await idleEnd()) - start).toBeGreaterThanOrEqual(2 * minute);
});

test("points that expired since the page was drawn do not pay any more", async () => {
  const visitor = await visit({ pointsExpiry: { afterDays: 2 } });
  daysLater(1);
  expect((await buyFromPage(visitor)).status).toBe(200);

  daysLater(2.1);

  expect((await buyFromPage(visitor)).json).toMatchObject({
    code: "points_insufficient",
    data: { balancePoints: 0, costPoints: 150 },
  });
  expect(await checkLaws()).toEqual([]);
});

test("an interactive programme has the same doors", async () => {
  const tenant = await createTenant({ authMode: "interactive" });

  const answer = await postFromPage(tenant, "purchases", { body: { rewardId: "x" } });

  expect(answer).toMatchObject({ status: 401, json: { code: "session_invalid" } });
});
