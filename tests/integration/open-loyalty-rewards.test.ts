import { expect, test } from "vitest";

import { db } from "#lib/db/client.ts";
import { cancelBenefit } from "#lib/domain/benefits/cancel-benefit.ts";
import type { ClientCall } from "#tests/support/client-apis.ts";
import { buy, rewardIdOf } from "#tests/support/engine.ts";
import {
  callStore as call,
  callAsAdmin,
  createStore as createBareStore,
  invalid,
  jane,
  joan,
  memberIdOf,
  memberToken,
  refusal,
  type Store,
} from "#tests/support/open-loyalty.ts";

// Goal: a client of Open Loyalty shows what its member can have, buys it once, shows its code and uses it up once.
// Method: the handlers on a real database; what else happened is read from its tables.

const rewards = [
  {
    externalId: "coffee",
    name: "Free coffee",
    type: "VOUCHER",
    price: 150,
    codeType: "POOL",
    codes: ["AAA-1", "AAA-2", "AAA-3"],
    category: "Treats",
    value: 3.5,
  },
  { externalId: "one", name: "Only one", type: "VOUCHER", price: 10, codeType: "POOL", codes: ["ONE-1"] },
  { externalId: "once", name: "Once each", type: "VOUCHER", price: 10, perMemberLimit: 1 },
  { externalId: "mug", name: "Stoneware mug", type: "GENERIC_OFFER", price: 900 },
  { externalId: "gold", name: "For Gold", type: "VOUCHER", price: 1, tier: "Gold" },
];

function createStore(settings: object = {}): Promise<Store> {
  const tiers = [{ name: "Gold", pointsRequirement: 100_000 }];
  return createBareStore({ rewards, tiers, rewardCategories: [{ name: "Treats" }], ...settings });
}

async function buyer(store: Store, person = jane) {
  const bearer = await memberToken(store, person);
  return {
    bearer,
    buy: async (externalId: string, sent: ClientCall = {}) =>
      call(store, `POST /reward/${await rewardIdOf(store, externalId)}/buy`, {
        ...{ bearer, body: { quantity: 1 }, ...sent },
      }),
    read: async (path: string) => (await call(store, `GET ${path}`, { bearer })).json,
  };
}

async function balanceOf(store: Store, person = jane): Promise<number> {
  const where = { tenantId_memberId: { tenantId: store.id, memberId: await memberIdOf(store, person) } };
  return Number((await db().wallet.findUniqueOrThrow({ where })).balancePoints);
}

const names = ({ items }: { items: { name: string }[] }) => items.map(({ name }) => name);

test("the shelf says what there is, and what this member can have of it", async () => {
  const store = await createStore();
  const { read } = await buyer(store);

  const { items, total } = await read("/member/reward");
  expect(total).toEqual({ all: 5, filtered: 5, estimated: false });
  const byName = Object.fromEntries(items.map((item: { name: string }) => [item.name, item]));
  expect(byName["Free coffee"]).toMatchObject({
    ...{
      rewardId: await rewardIdOf(store, "coffee"),
      reward: "static_coupon",
      costInPoints: 150,
      active: true,
    },
    ...{
      usageLimit: { general: 3, perUser: -1 },
      usageLeft: 3,
      canBeBoughtByCustomer: true,
      couponValue: 3.5,
    },
    ...{ activity: { allTime: true }, featured: false, public: true, levels: [], target: null },
  });
  expect(Object.values(byName["Free coffee"].categoryNames)).toEqual(["Treats"]);
  expect(byName["Stoneware mug"]).toMatchObject({ usageLeft: -1, canBeBoughtByCustomer: false });
  expect(byName["For Gold"]).toMatchObject({ target: "level", canBeBoughtByCustomer: false });
  const row = await db().reward.findFirstOrThrow({ where: { tenantId: store.id, externalId: "mug" } });
  const apartMs = Date.parse(byName["Stoneware mug"].createdAt) - row.createdAt.getTime();
  expect(Math.abs(apartMs)).toBeLessThan(5_000);
});

test("the shelf comes in pages, newest first or as it is asked for", async () => {
  const store = await createStore();
  const { read } = await buyer(store);
  const all = ["For Gold", "Stoneware mug", "Once each", "Only one", "Free coffee"];

  expect(names(await read("/member/reward"))).toEqual(all);
  expect(names(await read("/member/reward?_itemsOnPage=2&_page=3"))).toEqual(all.slice(4));
  expect(names(await read("/member/reward?_itemsOnPage=2&_page=4"))).toEqual([]);
  expect(names(await read("/member/reward?_orderBy[name]=asc"))).toEqual([...all].sort());
  expect(names(await read("/member/reward?_orderBy[costInPoints]=desc&_orderBy[name]=desc"))).toEqual([
    ...["Stoneware mug", "Free coffee", "Only one", "Once each", "For Gold"],
  ]);
});

test("buying answers with a list of one, costs the price, and the code is there at once", async () => {
  const store = await createStore();
  const { buy: buyReward, read } = await buyer(store);

  const { status, json } = await buyReward("coffee");
  expect(status).toBe(200);
  expect(json).toEqual([{ issuedRewardId: expect.any(String) }]);
  expect(await balanceOf(store)).toBe(350);
  const { items, total } = await read("/member/reward/bought");
  expect(total).toEqual({ all: 1, filtered: 1, estimated: false });
  expect(items).toMatchObject([
    {
      ...{ issuedRewardId: json[0].issuedRewardId, rewardId: await rewardIdOf(store, "coffee") },
      ...{ name: "Free coffee", customerId: await memberIdOf(store), status: "issued", costInPoints: 150 },
      issuedCoupon: { code: "AAA-1", value: 3.5, valueType: "money", activeTo: null, usedAt: null },
    },
  ]);
  expect(await read("/member/reward/bought?_page=2")).toMatchObject({ items: [], total: { all: 1 } });
});

test("a code that was shown goes to nobody else when the purchase is cancelled", async () => {
  const store = await createStore();
  const [first, second] = [await buyer(store), await buyer(store, joan)];
  const { json } = await first.buy("one");

  await cancelBenefit({ tenantId: store.id, benefitId: json[0].issuedRewardId, comment: "Back.", key: null });

  expect(await second.buy("one")).toMatchObject(refusal(400, "No coupons left"));
  expect(names(await first.read("/member/reward/bought"))).toEqual([]);
});

test("an offer without a code is not used up by buying it", async () => {
  const store = await createStore({ members: [{ ...jane, points: 1_000 }] });
  const { buy: buyReward, read } = await buyer(store);

  const { json } = await buyReward("mug");

  const where = { tenantId_id: { tenantId: store.id, id: json[0].issuedRewardId } };
  expect((await db().benefit.findUniqueOrThrow({ where })).redeemedAt).toBeNull();
  expect((await read("/member/reward/bought")).items[0]).toMatchObject({
    rewardType: "material",
    status: "issued",
  });
});

test("what cannot be bought is refused in the vendor's words, and costs nothing", async () => {
  const store = await createStore();
  const { buy: buyReward, bearer } = await buyer(store);
  const other = await createStore();
  const joans = await buyer(store, joan);
  await joans.buy("one");
  await buyReward("once");

  expect(await buyReward("mug")).toMatchObject(refusal(400, "Not enough points"));
  expect(await buyReward("one")).toMatchObject(refusal(400, "No coupons left"));
  expect(await buyReward("once")).toMatchObject(refusal(400, "Usage limit exceeded"));
  expect(await buyReward("gold")).toMatchObject(refusal(400, "Reward is not available"));
  for (const id of [crypto.randomUUID(), "coffee", await rewardIdOf(other, "coffee")]) {
    const sent = { bearer, body: { quantity: 1 } };
    expect(await call(store, `POST /reward/${id}/buy`, sent)).toMatchObject(refusal(404, "Not Found"));
  }
  expect(await balanceOf(store)).toBe(490);
});

test("a purchase is one thing, and says nothing else", async () => {
  const store = await createStore();
  const { buy: buyReward } = await buyer(store);

  expect(await buyReward("coffee", { body: {} })).toMatchObject(
    invalid({ quantity: "This value should not be blank." }),
  );
  for (const extra of [{ customerId: await memberIdOf(store) }, { withoutPoints: true }, { rewardId: "x" }]) {
    expect(await buyReward("coffee", { body: { quantity: 1, ...extra } })).toMatchObject(
      invalid({ "": "This form should not contain extra fields." }),
    );
  }
  for (const quantity of [0, 2, -1, 1.5, "1", true]) {
    const { status, json } = await buyReward("coffee", { body: { quantity } });
    expect([status, json.errors[0].path]).toEqual([400, "quantity"]);
  }
  expect(await balanceOf(store)).toBe(500);
});

test("only a member buys, and reads what it can have", async () => {
  const store = await createStore();
  const forbidden = refusal(403, "Forbidden.");
  const path = `POST /reward/${await rewardIdOf(store, "coffee")}/buy`;

  expect(await callAsAdmin(store, path, { quantity: 1 })).toMatchObject(forbidden);
  for (const read of ["GET /member/reward", "GET /member/reward/bought"]) {
    expect(await callAsAdmin(store, read)).toMatchObject(forbidden);
    expect(await call(store, read)).toMatchObject(refusal(401, "JWT Token not found"));
  }
});

test("of many purchases at once with one key one pays, and all say the same", async () => {
  const store = await createStore();
  const { buy: buyReward } = await buyer(store);
  const headers = { "idempotency-key": "try-1" };

  const answers = await Promise.all(Array.from({ length: 8 }, () => buyReward("coffee", { headers })));

  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  const replayed = answers.filter(({ headers: sent }) => sent.get("idempotency-replayed") === "true");
  expect(replayed).toHaveLength(7);
  expect(await balanceOf(store)).toBe(350);
  expect((await buyReward("once", { headers })).status).toBe(200); // another reward is another endpoint
  const upper = `POST /reward/${(await rewardIdOf(store, "coffee")).toUpperCase()}/buy`;
  const again = { bearer: await memberToken(store), body: { quantity: 1 }, headers };
  expect((await call(store, upper, again)).text).toBe(answers[0]?.text);
  expect(await balanceOf(store)).toBe(340);
});

test("of many purchases at once nobody pays for nothing, and no code goes out twice", async () => {
  const store = await createStore();
  const [janes, joans] = [await buyer(store), await buyer(store, joan)];

  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, index) => (index % 2 === 0 ? janes : joans).buy("one")),
  );

  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect((await balanceOf(store)) + (await balanceOf(store, joan))).toBe(560);
});

test("a coupon is used once, by whose it is", async () => {
  const store = await createStore();
  const [janes, joans] = [await buyer(store), await buyer(store, joan)];
  await janes.buy("coffee");
  const use = async (person: typeof jane, { bearer }: { bearer: string }, couponCode: unknown) =>
    call(store, `POST /member/${await memberIdOf(store, person)}/reward/redeem`, {
      bearer,
      body: { couponCode },
    });

  expect(await use(joan, joans, "AAA-1")).toMatchObject(refusal(404, "Not Found"));
  expect(await use(jane, joans, "AAA-1")).toMatchObject(refusal(403, "Forbidden."));
  expect(await use(jane, janes, "aaa-1")).toMatchObject(refusal(404, "Not Found"));
  expect(await use(jane, janes, undefined)).toMatchObject(
    invalid({ couponCode: "This value should not be blank." }),
  );
  const answers = await Promise.all(Array.from({ length: 4 }, () => use(jane, janes, "AAA-1")));
  const used = answers.filter(({ status }) => status === 200);
  expect(used.map(({ json }) => json)).toEqual([
    { code: "AAA-1", used: true, customerId: await memberIdOf(store) },
  ]);
  const late = refusal(409, "This voucher has been used already.");
  for (const answer of answers.filter(({ status }) => status !== 200)) expect(answer).toMatchObject(late);
  const { items } = await janes.read("/member/reward/bought");
  expect(items[0]).toMatchObject({
    status: "completed",
    issuedCoupon: { usedAt: expect.stringMatching(/\+00:00$/) },
  });
});

test("an admin uses anybody's coupon, and a retry with its key hears the same", async () => {
  const store = await createStore();
  const memberId = await memberIdOf(store);
  await buy(store, memberId, await rewardIdOf(store, "coffee"));
  const path = `POST /member/${memberId}/reward/redeem`;
  const headers = { "x-auth-token": store.adminKey, "idempotency-key": "try-1" };
  const sent = { headers, body: { couponCode: "AAA-1" } };

  expect((await call(store, path, sent)).json).toMatchObject({ used: true, customerId: memberId });
  const again = await call(store, path, sent);
  expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([200, "true"]);
});

test("what was bought comes newest first, or oldest", async () => {
  const store = await createStore();
  const { buy: buyReward, read } = await buyer(store);
  for (const externalId of ["coffee", "once", "one"]) await buyReward(externalId);

  expect(names(await read("/member/reward/bought?_itemsOnPage=2"))).toEqual(["Only one", "Once each"]);
  expect(names(await read("/member/reward/bought?_itemsOnPage=2&_page=2"))).toEqual(["Free coffee"]);
  expect(names(await read("/member/reward/bought?_orderBy[redemptionDate]=asc"))).toEqual([
    ...["Free coffee", "Once each", "Only one"],
  ]);
});
