import { beforeEach, expect, test, vi } from "vitest";

import { db } from "#lib/db/client.ts";
import { purchaseReward } from "#lib/domain/benefits/purchase-reward.ts";
import { redeemBenefit } from "#lib/domain/benefits/redeem-benefit.ts";
import { reportEvent } from "#lib/domain/events/report-event.ts";
import { checkLaws } from "#lib/domain/laws/check-laws.ts";
import { eraseMember } from "#lib/domain/members/erase-member.ts";
import { findTenantByHost } from "#lib/domain/tenants/find-tenant.ts";
import { forgetTenants } from "#lib/domain/tenants/tenant-memory.ts";
import { codeOf, createMember, rewardIdOf } from "#tests/support/engine.ts";
import { profile } from "#tests/support/factories.ts";
import { callApi, createApiTenant, purchaseSecret, signFor } from "#tests/support/user-api.ts";

// Goal: what goes wrong in the middle is told as it is, and nothing that is done is lost.

vi.mock(import("#lib/domain/events/report-event.ts"), async (original) => {
  const real = await original();
  return { ...real, reportEvent: vi.fn(real.reportEvent) };
});
const reported = vi.mocked(reportEvent);
beforeEach(() => {
  reported.mockClear();
});

const members = [{ authIdentifier: "user-1", profile, points: 500 }];
const purchase = { type: "PURCHASE", subject: "user-1", payload: { total: 10 } };

/** The database goes away before the call of this number, from 0. */
function loseTheDatabaseAt(call: number): void {
  const { getMockImplementation } = reported;
  const real = getMockImplementation.call(reported);
  if (!real) throw new Error("There is nothing to report with.");
  for (let before = 0; before < call; before++) reported.mockImplementationOnce(real);
  reported.mockRejectedValueOnce(Object.assign(new Error("Gone."), { code: "ECONNREFUSED" }));
}

test("a batch stops where the database goes away, and tells what was reported before", async () => {
  const tenant = await createApiTenant({ members });
  loseTheDatabaseAt(2);

  const { status, json } = await callApi(tenant, "POST /v1/events/batch", {
    ...{ bearer: purchaseSecret, body: { events: [purchase, purchase, purchase, purchase, purchase] } },
  });

  expect(status).toBe(200);
  const gone = { code: "database_unavailable", message: expect.any(String) };
  expect(json.data.results).toEqual([
    { index: 0, eventId: expect.any(String) },
    { index: 1, eventId: expect.any(String) },
    ...[2, 3, 4].map((index) => ({ index, ...gone })),
  ]);
  expect(reported).toHaveBeenCalledTimes(3);
});

test("a batch of which nothing could be reported is answered as the outage it met", async () => {
  const tenant = await createApiTenant({ members });
  loseTheDatabaseAt(0);

  const { status, json, headers } = await callApi(tenant, "POST /v1/events/batch", {
    ...{ bearer: purchaseSecret, body: { events: [purchase, purchase] } },
  });

  expect([status, json.status, json.code]).toEqual([503, "error", "database_unavailable"]);
  expect(headers.get("retry-after")).toBe("5");
});

test("a key that another type's server has used is nothing to who lacks that type's secret", async () => {
  const otherSecret = "another-secret-of-the-tests-that-is-long-enough";
  const eventTypes = [
    { name: "PURCHASE", private: true, secret: purchaseSecret },
    { name: "RETURNED", private: true, secret: otherSecret },
  ];
  const tenant = await createApiTenant({ members, eventTypes });
  const send = (bearer: string, body: object) =>
    callApi(tenant, "POST /v1/events", { bearer, body, headers: { "idempotency-key": "key-1" } });
  const first = await send(purchaseSecret, purchase);

  const same = await send(otherSecret, purchase);
  const other = await send(otherSecret, { ...purchase, payload: { total: 11 } });

  expect(first.status).toBe(200);
  expect([same.json.code, other.json.code]).toEqual(["event_type_private", "event_type_private"]);
});

test("a shared key that opens no more makes every token bad, and nothing else", async () => {
  const tenant = await createApiTenant({ members });
  const bearer = await signFor(tenant);
  await db().$executeRaw`UPDATE "tenants"
    SET "userAuth" = jsonb_set("userAuth", '{sealedSharedKey}', '"AAAA"') WHERE "id" = ${tenant.id}::uuid`;
  forgetTenants();

  expect((await callApi(tenant, "GET /v1/users/me", { bearer })).json.code).toBe("token_invalid");
  expect((await callApi(tenant, "GET /v1/rewards")).status).toBe(200);
  expect((await findTenantByHost(tenant.host))?.userAuth).toBeNull();
});

test.each([5e-324, 1e-21, -1e-30, 1e22])(
  "%d, which a database would write out in full, is refused",
  async (n) => {
    const tenant = await createApiTenant({ members });
    const bearer = await signFor(tenant);

    const changed = await callApi(tenant, "PATCH /v1/users/me", { bearer, body: { profile: { size: [n] } } });
    const event = { type: "VISITED_SHOP", payload: { size: { n } } };
    const sent = await callApi(tenant, "POST /v1/events", { bearer, body: event });

    expect([changed.status, Object.keys(changed.json.data.fields)]).toEqual([400, ["profile.size"]]);
    expect([sent.status, Object.keys(sent.json.data.fields)]).toEqual([400, ["payload"]]);
  },
);

test("members who leave while they buy and redeem hold nobody up", async () => {
  const reward = { externalId: "tea", name: "Tea", type: "VOUCHER", price: 1, codePattern: "XXXXX-99999" };
  const tenant = await createApiTenant({ rewards: [reward] });
  const rewardId = await rewardIdOf(tenant, "tea");
  const buyOne = (memberId: Awaited<ReturnType<typeof createMember>>) =>
    purchaseReward({ tenantId: tenant.id, buyer: { memberId }, rewardId, comment: "Mine.", key: null });

  for (let round = 0; round < 12; round++) {
    const memberId = await createMember(tenant, 50);
    const bought = await Promise.all([buyOne(memberId), buyOne(memberId), buyOne(memberId)]);

    const ended = await Promise.all([
      ...bought.map(({ benefit }) =>
        codeOf(redeemBenefit({ tenantId: tenant.id, memberId, benefitId: benefit.id, key: null })),
      ),
      codeOf(buyOne(memberId)),
      codeOf(eraseMember(tenant.id, memberId)),
    ]);

    expect(ended.at(-1)).toBe("done");
    expect(["done", "member_not_found"]).toEqual(expect.arrayContaining([...new Set(ended)]));
    const comments = await db().benefit.findMany({ where: { tenantId: tenant.id, memberId } });
    expect(comments.map(({ comment }) => comment).filter((comment) => comment !== null)).toEqual([]);
  }
  expect(await checkLaws()).toEqual([]);
});
