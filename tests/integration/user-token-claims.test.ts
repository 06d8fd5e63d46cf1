import { randomBytes } from "node:crypto";
import { afterAll, afterEach, expect, test, vi } from "vitest";

import { now } from "#lib/config/clock.ts";
import { log } from "#lib/config/log.ts";
import { requestContext } from "#lib/config/request-context.ts";
import { diagnoseUserToken } from "#lib/domain/tokens/diagnose-user-token.ts";
import type { TokenFaultCode } from "#lib/domain/tokens/user-token.ts";
import {
  claimsOf,
  compact,
  expectRefused,
  faultOf,
  hmacBy,
  type Party,
  refusal,
  startParties,
  startParty,
  tokenOf,
} from "#tests/support/forged-tokens.ts";
import { moveTo, start, stopTheClock } from "#tests/support/stopped-clock.ts";
import { callApi } from "#tests/support/user-api.ts";

// Goal: a token that a programme's provider did sign is refused all the same where it is for another one, or for another
// time, or names nobody; and whoever sets a programme up is told which, while callers and the log get no word of it.
// Method: as in user-tokens.test.ts, which is about whether it was signed.

const { provider, rs, hs } = await startParties();
const both = [rs, hs];

afterAll(() => provider.stop());
afterEach(() => {
  vi.restoreAllMocks();
});

test.each([
  ["sub", undefined, "subject_wrong"],
  ["sub", null, "subject_wrong"],
  ["iss", undefined, "issuer_wrong"],
  ["iss", null, "issuer_wrong"],
  ["iat", undefined, "time_wrong"],
  ["iat", null, "time_wrong"],
  ["exp", undefined, "time_wrong"],
  ["exp", null, "time_wrong"],
  ["nbf", null, "time_wrong"],
] as const)("a token whose %s is %j is refused", async (claim, value, fault) => {
  for (const party of both) await expectRefused(party, tokenOf(party, { [claim]: value }), fault);
});

test.each([
  ["empty", '""'],
  ["a space", '" "'],
  ["white space alone", '"\\u2003\\u3000"'],
  ["white space first", '" user-1"'],
  ["white space last", '"user-1 "'],
  ["a no-break space last", '"user-1\\u00a0"'],
  ["an ideographic space first", '"\\u3000user-1"'],
  ["a line separator last", '"user-1\\u2028"'],
  ["a number", "1"],
  ["true", "true"],
  ["a list", '["user-1"]'],
  ["an object", '{"sub":"user-1"}'],
  ["513 characters", `"${"x".repeat(513)}"`],
  ["513 characters of two units each", `"${"😀".repeat(513)}"`],
  ["with a NUL", '"user-1\\u0000"'],
  ["with a NUL in it", '"user\\u00001"'],
  ["with CR and LF", '"user\\r\\n1"'],
  ["with a tab", '"user\\t1"'],
  ["with DEL", '"user\\u007f1"'],
  ["with a C1 control", '"user\\u00851"'],
  ["with half a surrogate pair", '"user\\ud8001"'],
  ["with the other half", '"user\\udc001"'],
  ["with both halves the wrong way round", '"\\udc00\\ud800"'],
])("a sub that is %s is refused", async (_what, sub) => {
  for (const party of both) {
    const payload = JSON.stringify(claimsOf()).replace('"user-1"', () => sub);
    await expectRefused(party, compact(party, party.header, payload), "subject_wrong");
  }
});

test.each([
  ["one character", "x"],
  ["512 characters", "x".repeat(512)],
  ["512 characters of two units each", "😀".repeat(512)],
  ["with white space in it", "user 1"],
  ["an e-mail address", "jane.doe+loyalty@example.com"],
  ["the name of a property", "__proto__"],
  ["of SQL", "' OR 1=1--"],
  ["in several scripts", "Zoë-東京-مرحبا"],
])("a sub that is %s is good", async (_what, sub) => {
  for (const party of both) expect(await faultOf(party, tokenOf(party, { sub }))).toBeNull();
});

test.each([
  ["without its slash", "https://idp.example"],
  ["with a slash more", "https://idp.example//"],
  ["a part of it", "https://idp.exampl"],
  ["a longer one", "https://idp.example/tenant"],
  ["another host that begins with it", "https://idp.example.evil.test/"],
  ["it as a user name", "https://idp.example@evil.test/"],
  ["in capitals", "HTTPS://IDP.EXAMPLE/"],
  ["over http", "http://idp.example/"],
  ["with a port", "https://idp.example:443/"],
  ["with a query", "https://idp.example/?"],
  ["with a space", "https://idp.example/ "],
  ["with a NUL", "https://idp.example/\0"],
  ["with a full-width letter", "https://idp.exａmple/"],
  ["with a dot at the host's end", "https://idp.example./"],
  ["a list with it", ["https://idp.example/"]],
  ["an object with it", { iss: "https://idp.example/" }],
  ["empty", ""],
  ["a number", 5],
  ["true", true],
  ["another programme's", "https://other.example/"],
])("an iss that is %s is refused", async (_what, iss) => {
  for (const party of both) await expectRefused(party, tokenOf(party, { iss }), "issuer_wrong");
});

test.each([0, 30, 60])("with a leeway of %d s, each time is exact to its edge", async (leeway) => {
  const party = await startParty({ leewaySeconds: leeway });
  stopTheClock();
  moveTo(0, 500);
  const at = start.getTime() / 1000 + 0.5;
  const iat = at - 300;

  await expectRefused(
    party,
    tokenOf(party, { iat, exp: at - leeway }),
    "expired",
    tokenOf(party, { iat, exp: at - leeway + 0.001 }),
  );
  await expectRefused(party, tokenOf(party, { iat, exp: at - leeway - 1 }), "expired");
  await expectRefused(
    party,
    tokenOf(party, { iat: at + leeway + 0.001, exp: at + 300 }),
    "not_yet_valid",
    tokenOf(party, { iat: at + leeway, exp: at + 300 }),
  );
  await expectRefused(
    party,
    tokenOf(party, { nbf: at + leeway + 0.001 }),
    "not_yet_valid",
    tokenOf(party, { nbf: at + leeway }),
  );
});

test("the leeway is 30 seconds and the longest lifetime a day, where a programme says nothing", async () => {
  stopTheClock();
  const at = start.getTime() / 1000;

  for (const party of both) {
    await expectRefused(
      party,
      tokenOf(party, { iat: at - 300, exp: at - 30 }),
      "expired",
      tokenOf(party, { iat: at - 300, exp: at - 29 }),
    );
    await expectRefused(
      party,
      tokenOf(party, { iat: at, exp: at + 86_401 }),
      "lifetime_too_long",
      tokenOf(party, { iat: at, exp: at + 86_400 }),
    );
  }
});

test("a programme's own longest lifetime holds, however long a token has lived", async () => {
  const party = await startParty({ maxLifetimeSeconds: 600 });
  stopTheClock();
  const at = start.getTime() / 1000;

  await expectRefused(
    party,
    tokenOf(party, { iat: at - 599.5, exp: at + 1 }),
    "lifetime_too_long",
    tokenOf(party, { iat: at - 599, exp: at + 1 }),
  );
});

test.each([
  ["exp", '"1800000000"', "time_wrong"],
  ["exp", '"NaN"', "time_wrong"],
  ["exp", "true", "time_wrong"],
  ["exp", "[1800000000]", "time_wrong"],
  ["exp", "1e400", "time_wrong"],
  ["exp", "-1e400", "time_wrong"],
  ["exp", "1e300", "lifetime_too_long"],
  ["exp", "9007199254740993", "lifetime_too_long"],
  ["exp", "0", "expired"],
  ["exp", "-1", "expired"],
  ["exp", "-1e300", "expired"],
  ["iat", '"1500000000"', "time_wrong"],
  ["iat", "false", "time_wrong"],
  ["iat", "1e400", "time_wrong"],
  ["iat", "-1e400", "time_wrong"],
  ["iat", "1e300", "not_yet_valid"],
  ["iat", "0", "lifetime_too_long"],
  ["iat", "-1e300", "lifetime_too_long"],
  ["nbf", '"0"', "time_wrong"],
  ["nbf", "1e400", "time_wrong"],
  ["nbf", "-1e400", "time_wrong"],
  ["nbf", "1e300", "not_yet_valid"],
] as const)("a token whose %s is %s is refused", async (claim, value, fault) => {
  for (const party of both) {
    const { [claim]: _replaced, ...claims } = claimsOf();
    const payload = JSON.stringify(claims).replace("{", `{"${claim}":${value},`);
    await expectRefused(party, compact(party, party.header, payload), fault);
  }
});

test.each([
  ["fractions of seconds", { iat: 0.25, exp: 300.75 }],
  ["an nbf of now", { nbf: 0 }],
  ["an nbf long ago", { nbf: -1e9 }],
  ["an nbf after its exp, within the leeway", { iat: -10, exp: 1, nbf: 20 }],
])("a token with %s is good", async (_what, offsets) => {
  const at = Math.floor(now().getTime() / 1000);
  const times = Object.fromEntries(Object.entries(offsets).map(([claim, offset]) => [claim, at + offset]));

  for (const party of both) expect(await faultOf(party, tokenOf(party, times))).toBeNull();
});

test("a token whose exp is not after its iat is refused, also within the leeway", async () => {
  stopTheClock();
  const at = start.getTime() / 1000;

  for (const party of both) {
    const good = tokenOf(party, { iat: at + 10, exp: at + 10.001 });
    await expectRefused(party, tokenOf(party, { iat: at + 10, exp: at + 10 }), "time_wrong", good);
    await expectRefused(party, tokenOf(party, { iat: at + 10, exp: at + 5 }), "time_wrong");
  }
});

test("a token is judged by the clock as it is, also when that was set back or forward", async () => {
  const minutes = 60_000;
  stopTheClock();

  for (const party of both) {
    moveTo(0);
    const token = tokenOf(party);
    const faults = [];
    for (const offset of [0, -10 * minutes, 0, 10 * minutes, 0]) {
      moveTo(0, offset);
      faults.push(await faultOf(party, token));
    }
    expect(faults).toEqual([null, "not_yet_valid", null, "expired", null]);
  }
});

test.each([
  ["missing", undefined],
  ["null", null],
  ["another", "shop"],
  ["in other letters", "Laurel"],
  ["with a space", "laurel "],
  ["a list of others", ["shop", "till"]],
  ["an empty list", []],
  ["a number", 5],
  ["a list with it and a number", ["laurel", 5]],
  ["a list with it and null", [null, "laurel"]],
  ["a list of a list", [["laurel"]]],
  ["an object", { 0: "laurel", length: 1 }],
  ["one text with several", "laurel,shop"],
  ["longer than it", "laurels"],
])("where a programme has an audience, an aud that is %s is refused", async (_what, aud) => {
  const party = await audienceParty();

  await expectRefused(party, tokenOf(party, { aud }), "audience_wrong", tokenOf(party, { aud: "laurel" }));
});

test("an aud that is the programme's, or a list with it, is good; without an audience, any is", async () => {
  const party = await audienceParty();

  for (const aud of ["laurel", ["laurel"], ["shop", "laurel"], ["laurel", "laurel"]]) {
    expect(await faultOf(party, tokenOf(party, { aud }))).toBeNull();
  }
  for (const aud of [undefined, null, "shop", 5, [], ["shop"]]) {
    expect(await faultOf(rs, tokenOf(rs, { aud }))).toBeNull();
  }
});

test.each(
  [
    ...[null, "", "jwt", "Jwt", "JWT ", "at+JWT", "AT+JWT", "application/at+jwt", "JWS", "JOSE"],
    ...["logout+jwt", "eut+jwt", "dpop+jwt", "secevent+jwt", "id_token", "refresh", 5, true, ["JWT"], {}],
  ].map((typ) => [typ]),
)("a token whose typ is %j is refused", async (typ) => {
  for (const party of both) await expectRefused(party, tokenOf(party, {}, { typ }), "type_wrong");
});

test.each([undefined, "JWT", "at+jwt"])("a token whose typ is %j is good", async (typ) => {
  for (const party of both) expect(await faultOf(party, tokenOf(party, {}, { typ }))).toBeNull();
});

test("roles, scopes and the names of other programmes in a token have no effect", async () => {
  const powerful = {
    ...{ role: "admin", roles: ["ROLE_ADMIN"], scope: "*", scp: ["till", "admin"], permissions: ["*"] },
    ...{
      tenant: hs.tenant.code,
      tenantId: hs.tenant.id,
      isAdmin: true,
      id: "user-2",
      authIdentifier: "user-2",
    },
  };
  const plain = await callApi(rs.tenant, "GET /v1/users/me", { bearer: tokenOf(rs) });
  const own = await callApi(rs.tenant, "GET /v1/users/me", { bearer: tokenOf(rs, powerful) });
  const asAdmin = await callApi(rs.tenant, "GET /v1/users", { bearer: tokenOf(rs, powerful) });
  const body = { code: "AAA-1" };
  const asTill = { bearer: tokenOf(rs, powerful), body };
  const atTill = await callApi(rs.tenant, "POST /v1/commands/validate_voucher", asTill);

  expect(own).toMatchObject({ status: 200, json: plain.json });
  expect(asAdmin).toMatchObject({ status: 403, json: { code: "admin_required" } });
  expect(atTill).toMatchObject({ status: 403, json: { code: "admin_required" } });
});

test.each<[TokenFaultCode | "keys_unavailable", Party, Token, string]>([
  [
    "not_set_up",
    { ...hs, tenant: { ...hs.tenant, userAuth: null } },
    () => "x",
    "has no user authentication",
  ],
  ["not_a_token", hs, () => "x", "not a compact JWS: three parts of base64url"],
  ["header_unreadable", hs, (party) => compact(party, "{", "{}"), "The header is not a JSON object"],
  ["claims_unreadable", hs, (party) => compact(party, party.header, "{"), "The payload is not a JSON object"],
  [
    "algorithm_wrong",
    rs,
    (party) => tokenOf(party, {}, { alg: "HS256" }),
    'The token\'s alg is "HS256"; this programme takes RS256.',
  ],
  [
    "algorithm_wrong",
    hs,
    (party) => tokenOf(party, {}, { alg: undefined }),
    "alg is missing; this programme takes HS256.",
  ],
  ["header_unsupported", hs, (party) => tokenOf(party, {}, { b64: true }), "The header has b64,"],
  [
    "type_wrong",
    hs,
    (party) => tokenOf(party, {}, { typ: "logout+jwt" }),
    'typ is "logout+jwt": another kind',
  ],
  ["key_id_missing", rs, (party) => tokenOf(party, {}, { kid: undefined }), "The header has no kid"],
  [
    "subject_wrong",
    hs,
    (party) => tokenOf(party, { sub: "" }),
    "The sub is missing, or it is not a text of 1 to 512",
  ],
  [
    "issuer_wrong",
    hs,
    (party) => tokenOf(party, { iss: "https://idp.example" }),
    'iss is "https://idp.example"; this programme takes exactly "https://idp.example/".',
  ],
  ["time_wrong", hs, (party) => tokenOf(party, { exp: "soon" }), "iat and exp have to be numbers"],
  [
    "time_wrong",
    hs,
    (party) => tokenOf(party, agoOf({ iat: 10, exp: 10 })),
    "ends (exp) no later than it starts (iat)",
  ],
  [
    "not_yet_valid",
    hs,
    (party) => tokenOf(party, agoOf({ iat: -90 })),
    "issued (iat) 90 s in the future; the leeway is 30 s.",
  ],
  [
    "not_yet_valid",
    hs,
    (party) => tokenOf(party, agoOf({ nbf: -90 })),
    "starts (nbf) 90 s in the future; the leeway is 30 s.",
  ],
  [
    "expired",
    hs,
    (party) => tokenOf(party, agoOf({ iat: 300, exp: 90 })),
    "expired (exp) 90 s ago; the leeway is 30 s.",
  ],
  [
    "lifetime_too_long",
    hs,
    (party) => tokenOf(party, agoOf({ iat: 1, exp: -90_000 })),
    "lives 90001 s; this programme takes at most 86400 s.",
  ],
  [
    "key_unknown",
    rs,
    (party) => tokenOf(party, {}, { kid: "key-2" }),
    'no usable key with the kid "key-2". It has: "key-1".',
  ],
  [
    "signature_wrong",
    rs,
    (party) => tokenOf({ ...party, sign: hmacBy("x") }),
    "not one of the key that its kid names",
  ],
  ["signature_wrong", hs, (party) => tokenOf({ ...party, sign: hmacBy("x") }), "not one of the shared key"],
])(
  "the doctor says of %s what it is, and the caller hears nothing of it",
  async (fault, party, make, words) => {
    stopTheClock();
    const token = make(party);

    const { isGood, fault: found, explanation } = await diagnoseUserToken(party.tenant, token);

    expect({ isGood, found }).toEqual({ isGood: false, found: fault });
    expect(explanation).toContain(words);
    expect(explanation).toMatch(/^[^\n]+[.]$/);
    const { text } = await callApi(party.tenant, "GET /v1/users/me", { bearer: token });
    expect(text).toBe(refusal);
  },
);

test("the doctor names a wrong audience and says what is taken", async () => {
  const party = await audienceParty();

  const { explanation } = await diagnoseUserToken(party.tenant, tokenOf(party, { aud: ["shop"] }));

  expect(explanation).toBe('The token\'s aud is ["shop"]; this programme takes what contains "laurel".');
});

test("what the doctor quotes is short, and on one line", async () => {
  const iss = `a\r\n\u001b[31m${"x".repeat(5_000)}`;

  const { explanation } = await diagnoseUserToken(hs.tenant, tokenOf(hs, { iss }));

  expect(explanation).toMatch(/^[^\p{Cc}]{1,300}$/u);
});

test("a refusal is logged once, with the fault's code and no part of the token", async () => {
  const levels = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
  const secret = "a-secret-of-the-token";
  for (const party of both) {
    const bad: [string, string][] = [
      ["expired", tokenOf(party, { sub: secret, iat: 1, exp: 2 })],
      ["issuer_wrong", tokenOf(party, { sub: secret, iss: secret })],
      ["type_wrong", tokenOf(party, { sub: secret }, { typ: secret })],
      [
        "signature_wrong",
        tokenOf({ ...party, sign: () => randomBytes(party === rs ? 256 : 32) }, { sub: secret }),
      ],
      ["claims_unreadable", compact(party, party.header, `{"${secret}":`)],
      ["not_a_token", secret],
    ];
    for (const [fault, token] of bad) {
      const spies = levels.map((level) => vi.spyOn(log(), level));
      const call = () => callApi(party.tenant, "GET /v1/users/me", { bearer: token });
      await requestContext.run({ requestId: "request-1", pageStatus: null, hasFailed: false }, call);

      const lines = spies.flatMap(({ mock }) => mock.calls);
      const details = { requestId: "request-1", tenant: party.tenant.code, fault };
      expect(lines).toEqual([[details, "user access token refused"]]);
      vi.restoreAllMocks();
    }
  }
});

test("a good token is not logged", async () => {
  const lines = vi.spyOn(log(), "info");

  for (const party of both) await callApi(party.tenant, "GET /v1/users/me", { bearer: tokenOf(party) });

  expect(lines).not.toHaveBeenCalled();
});

type Token = (party: Party) => string;

let madeAudienceParty: Promise<Party> | undefined;

function audienceParty(): Promise<Party> {
  madeAudienceParty ??= startParty({ audience: "laurel" });
  return madeAudienceParty;
}

/** Claims of so many seconds ago, or in the future where it is less than none. */
function agoOf(claims: Record<string, number>): Record<string, number> {
  const at = start.getTime() / 1000;
  return Object.fromEntries(Object.entries(claims).map(([claim, seconds]) => [claim, at - seconds]));
}
