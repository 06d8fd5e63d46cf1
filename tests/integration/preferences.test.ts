import { expect, test } from "vitest";

import { db } from "#lib/db/client.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { updateMember } from "#lib/domain/members/update-member.ts";
import { readSession } from "#lib/domain/sessions/read-session.ts";
import { readCookieCredentials } from "#lib/http/session-cookie.ts";
import {
  callSession,
  cookieOf,
  exportMember,
  leaveProgramme,
  patchMember,
  postAuth,
  putTheme,
} from "#tests/support/calls.ts";
import { createTenant, profile, type TestTenant } from "#tests/support/factories.ts";
import { statementCounter } from "#tests/support/statements.ts";

// Goal: the language that a member chose is theirs everywhere and nobody else's, and light or dark is this browser's.

const statements = statementCounter();
async function signIn(tenant: TestTenant, authIdentifier = "me"): Promise<string> {
  return cookieOf(await postAuth(tenant, { body: { selector: { authIdentifier }, profile } }));
}

/** As the pages read it, with the session. */
async function localeOf(tenant: TestTenant, cookie: string): Promise<string | null | undefined> {
  const credentials = await readCookieCredentials(new Headers({ cookie }));
  const signedIn = await readSession(tenant, credentials, { isActivity: false });
  return signedIn?.session.member.locale;
}

async function memberOf(tenant: TestTenant, authIdentifier = "me") {
  return db().member.findFirstOrThrow({ where: { tenantId: tenant.id, authIdentifier } });
}

test("a member's language is kept, read with the session, and can be given up again", async () => {
  const tenant = await createTenant();
  const [here, elsewhere] = [await signIn(tenant), await signIn(tenant)];
  expect(await localeOf(tenant, here)).toBeNull();

  const answer = await patchMember(tenant, here, { locale: "ar" });

  expect(answer).toMatchObject({ status: 200, json: { data: { authIdentifier: "me", locale: "ar" } } });
  statements.sent = 0;
  expect(await localeOf(tenant, elsewhere)).toBe("ar");
  expect(statements.sent).toBe(1);
  await patchMember(tenant, elsewhere, { locale: null });
  expect(await localeOf(tenant, here)).toBeNull();
});

test("it is nobody else's, here or in another programme, and a sign-in by the host leaves it", async () => {
  const [tenant, otherTenant] = [await createTenant(), await createTenant()];
  const cookies = await Promise.all([signIn(tenant), signIn(tenant, "you"), signIn(otherTenant)]);

  await patchMember(tenant, cookies[0], { locale: "de" });

  expect(await localeOf(tenant, await signIn(tenant))).toBe("de");
  expect(await localeOf(tenant, cookies[1])).toBeNull();
  expect(await localeOf(otherTenant, cookies[2])).toBeNull();
});

test("a language is no profile: no rule gives points for it, and a profile's change leaves it", async () => {
  const thanks = { name: "Thanks", eventType: "PROFILE_UPDATED", effect: { type: "POINTS", points: 7 } };
  const tenant = await createTenant({ rules: [thanks] });
  const cookie = await signIn(tenant);
  const updates = () => db().event.count({ where: { tenantId: tenant.id, type: "PROFILE_UPDATED" } });

  await patchMember(tenant, cookie, { locale: "fr" });
  expect(await updates()).toBe(0);
  const both = await patchMember(tenant, cookie, { locale: "es", profile: { city: "York" } });
  expect(both.json.data).toMatchObject({ locale: "es", profile: { city: "York" } });
  await patchMember(tenant, cookie, { profile: { city: "Leeds" } });

  expect(await updates()).toBe(2);
  expect(await localeOf(tenant, cookie)).toBe("es");
});

test.each([["xx"], [""], ["de-DE"], ["DE"], ["constructor"], [7], [true], [["de"]], [{}]])(
  "the language %j is refused with a sentence and changes nothing",
  async (locale) => {
    const tenant = await createTenant();
    const cookie = await signIn(tenant);
    await patchMember(tenant, cookie, { locale: "fr" });
    const before = await memberOf(tenant);

    const answer = await patchMember(tenant, cookie, { locale, profile: { city: "York" } });

    expect(answer).toMatchObject({
      status: 400,
      json: {
        code: "invalid_input",
        data: { fields: { locale: "Enter one of en, de, fr, es and ar, or null for the browser's." } },
      },
    });
    expect(await memberOf(tenant)).toEqual(before);
  },
);

test("a stranger and another site choose nobody's language", async () => {
  const tenant = await createTenant();
  const cookie = await signIn(tenant);

  const stranger = await patchMember(tenant, "", { locale: "de" });
  const otherSite = await patchMember(tenant, cookie, { locale: "de" }, { origin: "http://evil.example" });

  expect(stranger).toMatchObject({ status: 401, json: { code: "session_invalid" } });
  expect(otherSite).toMatchObject({ status: 403, json: { code: "cross_site_request" } });
  expect(await localeOf(tenant, cookie)).toBeNull();
});

test("it is in the member's download, and goes with the member", async () => {
  const tenant = await createTenant();
  const [mine, yours] = [await signIn(tenant), await signIn(tenant, "you")];
  await patchMember(tenant, mine, { locale: "de" });
  await patchMember(tenant, yours, { locale: "ar" });
  const { id } = await memberOf(tenant);

  expect((await exportMember(tenant, mine)).json.member.locale).toBe("de");
  await leaveProgramme(tenant, { cookie: mine, origin: `http://${tenant.host}` });

  const left = await db().member.findFirstOrThrow({ where: { tenantId: tenant.id, id } });
  expect([left.deletedAt, left.locale]).toEqual([expect.any(Date), null]);
  expect(await localeOf(tenant, yours)).toBe("ar");
  const asGone = { where: { tenantId_id: { tenantId: tenant.id, id } }, data: { locale: "de" } };
  await expect(db().member.update(asGone)).rejects.toThrow("members_deleted_locale_check");
});

test("an administrator's change leaves it", async () => {
  const tenant = await createTenant();
  const cookie = await signIn(tenant);
  await patchMember(tenant, cookie, { locale: "de" });
  const memberId = (await memberOf(tenant)).id as MemberId;

  await updateMember({ tenantId: tenant.id, memberId, change: { flags: { isStaff: true } }, isOwn: false });

  expect(await localeOf(tenant, cookie)).toBe("de");
});

test("light or dark is a cookie of this browser, also in a frame, and goes with signing out", async () => {
  const tenant = await createTenant();
  const cookie = await signIn(tenant);

  const dark = await putTheme(tenant, cookie, { theme: "dark" });
  expect(dark).toMatchObject({ status: 200, json: { status: "success", data: { theme: "dark" } } });
  expect(dark.headers.get("cache-control")).toBe("private, no-store");
  expect(dark.cookies).toEqual([
    "__Host-theme=dark; Path=/; Max-Age=34560000; HttpOnly; Secure; SameSite=None; Partitioned",
  ]);
  const asDevice = await putTheme(tenant, cookie, { theme: null });
  expect(asDevice.cookies).toEqual([
    "__Host-theme=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=None; Partitioned",
  ]);
  const signedOut = await callSession(tenant, "DELETE", cookie);
  expect(signedOut.cookies).toEqual(expect.arrayContaining(asDevice.cookies));
});

test.each([[{}], [{ theme: "blue" }], [{ theme: "dark", x: 1 }], [{ theme: ["dark"] }]])(
  "the theme %j is refused and sets no cookie",
  async (body) => {
    const tenant = await createTenant();
    const cookie = await signIn(tenant);

    const answer = await putTheme(tenant, cookie, body);
    const otherSite = await putTheme(tenant, cookie, { theme: "dark" }, { origin: "http://evil.example" });

    expect(answer).toMatchObject({ status: 400, json: { code: "invalid_input" }, cookies: [] });
    expect(otherSite).toMatchObject({ status: 403, json: { code: "cross_site_request" }, cookies: [] });
  },
);
