import {
  constants,
  createHash,
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  privateEncrypt,
  randomBytes,
} from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { CompactEncrypt, CompactSign, FlattenedSign, GeneralSign } from "jose";
import { afterAll, expect, test } from "vitest";

import { diagnoseUserToken } from "#lib/domain/tokens/diagnose-user-token.ts";
import { postAuth } from "#tests/support/calls.ts";
import {
  base64urlOf,
  claimsOf,
  compact,
  expectRefused,
  faultOf,
  hmacBy,
  type Party,
  signed,
  startParties,
  startParty,
  tokenOf,
} from "#tests/support/forged-tokens.ts";
import { callApi, createApiTenant, purchaseSecret } from "#tests/support/user-api.ts";

// Goal: of all texts that could be tokens, only what a programme's own provider signed, in the one way to write it, passes.
// Method: each forgery is as good as it can be but for its fault, and beside it stands a good token, which passes. What it
// is refused for is the token doctor's word: a caller is told the same of each (expectRefused sees to that).

const { provider, rs, hs, publicKey, privateKey, publicJwk } = await startParties();
const both = [rs, hs];

afterAll(() => provider.stop());

test("a good token is its member's, in RS256 and in HS256", async () => {
  for (const party of both) {
    const { status, json } = await callApi(party.tenant, "GET /v1/users/me", { bearer: tokenOf(party) });

    expect(status).toBe(200);
    expect(json.data.authIdentifier).toBe("user-1");
    expect(await diagnoseUserToken(party.tenant, tokenOf(party))).toEqual({
      isGood: true,
      fault: null,
      explanation: 'The token is good, for the member whose authIdentifier is "user-1".',
    });
  }
});

test.each<[string, (good: string) => string]>([
  ["nothing", () => ""],
  ["percent signs", () => "%%"],
  ["one part", (good) => good.split(".")[0] ?? ""],
  ["two parts", (good) => good.split(".").slice(0, 2).join(".")],
  ["two parts and a dot", (good) => `${good.split(".").slice(0, 2).join(".")}.`],
  ["four parts", (good) => `${good}.AAAA`],
  ["four parts, the last empty", (good) => `${good}.`],
  ["five parts", (good) => `${good}.AAAA.AAAA`],
  ["an empty part before it", (good) => `.${good}`],
  ["an empty header", (good) => good.replace(/^[^.]+/, "")],
  ["an empty payload", (good) => good.replace(/\.[^.]+\./, "..")],
  ["dots alone", () => ".."],
  ["thousands of dots", () => ".".repeat(10_000)],
  ["padding", (good) => `${good}=`],
  ["padding of its header", (good) => good.replace(".", "=.")],
  ["a plus", (good) => good.replace(/^./, "+")],
  ["a slash", (good) => good.replace(/^./, "/")],
  ["a comma", (good) => `${good},${good}`],
  ["a tilde", (good) => `${good}~`],
  ["a space in it", (good) => good.replace(".", ". ")],
  ["a space before it", (good) => ` ${good}`],
  ["a space after it", (good) => `${good} `],
  ["a tab", (good) => good.replace(".", "\t.")],
  ["a line feed after it", (good) => `${good}\n`],
  ["a line feed in it", (good) => good.replace(".", ".\n")],
  ["a NUL", (good) => `${good}\0`],
  ["a letter of Latin-1", (good) => `${good}é`],
  ["a full-width letter", (good) => good.replace(/^./, "Ａ")],
  ["a character too many for base64", (good) => lengthened(good)],
  ["quotes around it", (good) => `"${good}"`],
  ["its scheme twice", (good) => `Bearer ${good}`],
])("a token that is or has %s is none", async (_what, spoil) => {
  for (const party of both) await expectRefused(party, spoil(tokenOf(party)), "not_a_token");
});

test("what can be written in several ways is taken in one, in each part", async () => {
  for (const party of both) {
    let tried = 0;
    for (const spaces of ["", " ", "  "]) {
      const header = base64urlOf(JSON.stringify(party.header) + spaces);
      const payload = base64urlOf(JSON.stringify(claimsOf()) + spaces);
      const [, , signature = ""] = signed(party, header, payload).split(".");
      const twins = [
        ...twinsOf(header).map((twin) => signed(party, twin, payload)),
        ...twinsOf(payload).map((twin) => signed(party, header, twin)),
        ...twinsOf(signature).map((twin) => `${header}.${payload}.${twin}`),
      ];
      for (const twin of twins) expect(await faultOf(party, twin)).toBe("not_a_token");
      expect(await faultOf(party, signed(party, header, payload))).toBeNull();
      tried += twins.length;
    }

    expect(tried).toBeGreaterThan(36); // 3 or 15 others of each part that does not end with a whole one
  }
});

test("16 KiB are the most that a token can have", async () => {
  for (const party of both) {
    await expectRefused(party, tokenOfLength(party, 16_385), "not_a_token", tokenOfLength(party, 16_384));
    await expectRefused(party, tokenOfLength(party, 8 * 1024 * 1024), "not_a_token");
  }
});

test.each<[string, (json: string) => string | Uint8Array]>([
  ["null", () => "null"],
  ["a list", () => "[]"],
  ["a list of it", (json) => `[${json}]`],
  ["a text", () => '"x"'],
  ["a number", () => "1"],
  ["true", () => "true"],
  ["half an object", () => "{"],
  ["an object that does not end", (json) => json.slice(0, -1)],
  ["a space", () => " "],
  ["an object with a byte order mark", (json) => `\ufeff${json}`],
  ["UTF-16", (json) => Buffer.from(json, "utf16le")],
  ["UTF-16 with a byte order mark", (json) => Buffer.from(`\ufeff${json}`, "utf16le")],
  ["invalid UTF-8", (json) => Buffer.from(json.replace("{", '{"x":"\xff",'), "latin1")],
  ["overlong UTF-8", (json) => Buffer.from(json.replace("{", '{"x":"\xc0\xaf",'), "latin1")],
  ["a surrogate in UTF-8", (json) => Buffer.from(json.replace("{", '{"x":"\xed\xa0\x80",'), "latin1")],
  ["two objects", (json) => `${json}${json}`],
  ["an object with a comment", (json) => json.replace("{", "{/* */")],
  ["an object with a comma at its end", (json) => json.replace(/\}$/, ",}")],
  ["an object with a bare NaN", (json) => json.replace("{", '{"x":NaN,')],
  ["an object with a NUL after it", (json) => `${json}\0`],
  ["an object with a raw line feed in a text", (json) => json.replace("{", '{"x":"\n",')],
  [
    "an object that is very deep",
    (json) => json.replace("{", `{"x":${"[".repeat(4_000)}${"]".repeat(4_000)},`),
  ],
])("neither header nor payload can be %s", async (_what, spoil) => {
  for (const party of both) {
    const [header, payload] = [JSON.stringify(party.header), JSON.stringify(claimsOf())];
    await expectRefused(party, compact(party, spoil(header), payload), "header_unreadable");
    await expectRefused(party, compact(party, header, spoil(payload)), "claims_unreadable");
  }
});

test.each([
  ["sub", '"sub":"user-1",'],
  ["sub, another one", '"sub":"user-2",'],
  ["sub, with an escape", '"s\\u0075b":"user-1",'],
  ["iss", '"iss":"https://idp.example/",'],
  ["exp", '"exp":1,'],
  ["iat", '"iat":1,'],
  ["a claim nobody knows", '"x":1,"x":1,'],
  ["__proto__", '"__proto__":1,"__proto__":1,'],
  ["a key of an object inside", '"x":{"a":1,"a":1},'],
  ["a key deep inside", '"x":[[{"b":[{"a":{"c":1,"c":2}}]}]],'],
])("a payload that has %s twice is refused", async (_what, fields) => {
  for (const party of both) {
    const payload = JSON.stringify(claimsOf()).replace("{", `{${fields}`);
    await expectRefused(party, compact(party, party.header, payload), "claims_unreadable");
  }
});

test.each([
  ["alg", '"alg":"RS256","alg":"HS256",'],
  ["alg, the good one last", '"alg":"none",'],
  ["alg, with an escape", '"\\u0061lg":"none",'],
  ["kid", '"kid":"other","kid":"other",'],
  ["typ", '"typ":"JWT","typ":"JWT",'],
  ["a parameter nobody knows", '"x":1,"x":1,'],
  ["a key of an object inside", '"jwk":{"a":1,"a":1},'],
])("a header that has %s twice is refused", async (_what, parameters) => {
  for (const party of both) {
    const header = JSON.stringify(party.header).replace("{", `{${parameters}`);
    await expectRefused(party, compact(party, header, claimsOf()), "header_unreadable");
  }
});

test("one key in two objects is there once in each", async () => {
  for (const party of both) {
    expect(await faultOf(party, tokenOf(party, { a: { a: { a: 1 } }, b: [{ a: 1 }, { a: 1 }] }))).toBeNull();
  }
});

test("__proto__ and constructor are claims like any other, and reach no prototype", async () => {
  const keysOfObjects = Reflect.ownKeys(Object.prototype);
  const claims = JSON.stringify(claimsOf());
  for (const party of both) {
    for (const name of ["__proto__", "constructor", "prototype"]) {
      const instead = compact(party, party.header, `{"${name}":${claims}}`);
      await expectRefused(party, instead, "subject_wrong");
      const beside = claims.replace(
        "{",
        `{"${name}":{"sub":"user-2","aud":1,"isRestricted":true,"polluted":1},`,
      );
      expect(await faultOf(party, compact(party, party.header, beside))).toBeNull();
      const header = `{"${name}":${JSON.stringify(party.header)}}`;
      await expectRefused(party, compact(party, header, claims), "algorithm_wrong");
    }
  }

  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect(Reflect.ownKeys(Object.prototype)).toEqual(keysOfObjects);
});

test.each<[string, (alg: string) => unknown]>([
  ["none", () => "none"],
  ["None", () => "None"],
  ["nOnE", () => "nOnE"],
  ["nothing", () => ""],
  ["null", () => null],
  ["a number", () => 5],
  ["a list of the good one", (alg) => [alg]],
  ["an object of the good one", (alg) => ({ alg })],
  ["missing", () => undefined],
  ["the good one in small letters", (alg) => alg.toLowerCase()],
  ["the good one and a space", (alg) => `${alg} `],
  ["a space and the good one", (alg) => ` ${alg}`],
  ["the good one and a NUL", (alg) => `${alg}\0`],
  ["the good one in full width", (alg) => alg.replace("S", "Ｓ")],
  ["the other programme's", (alg) => (alg === "RS256" ? "HS256" : "RS256")],
])("an alg that is %s is refused, with a good signature, an empty one and none", async (_what, algOf) => {
  for (const party of both) {
    const alg = algOf(String(party.header.alg));
    const token = tokenOf(party, {}, { alg });
    await expectRefused(party, token, "algorithm_wrong");
    await expectRefused(party, token.replace(/[^.]+$/, ""), "not_a_token");
    await expectRefused(party, token.replace(/\.[^.]+$/, ""), "not_a_token");
  }
});

test("a token of another algorithm is refused, however good its signature", async () => {
  const { privateKey: curveKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { privateKey: edwardsKey } = generateKeyPairSync("ed25519");
  const sharedKey = createSecretKey(hs.tenant.sharedKey, "utf8");
  const signers: [string, KeyObject][] = [
    ...["PS256", "RS384", "RS512", "PS512"].map((alg): [string, KeyObject] => [alg, privateKey]),
    ["ES256", curveKey],
    ["EdDSA", edwardsKey],
  ];
  const forRs = [...signers, ["HS256", sharedKey] as const];
  const forHs = [...signers, ["RS256", privateKey] as const];

  for (const [alg, key] of forRs) {
    await expectRefused(rs, await joseToken(rs, alg, key), "algorithm_wrong");
    await expectRefused(rs, await joseToken(rs, alg, key, "RS256"), "signature_wrong");
  }
  for (const [alg, key] of forHs) {
    await expectRefused(hs, await joseToken(hs, alg, key), "algorithm_wrong");
    await expectRefused(hs, await joseToken(hs, alg, key, "HS256"), "signature_wrong");
  }
  for (const hash of ["sha384", "sha512"]) {
    const hmac = (input: string) => createHmac(hash, sharedKey).update(input).digest();
    await expectRefused(hs, tokenOf({ ...hs, sign: hmac }), "signature_wrong");
    const header = { ...hs.header, alg: `HS${hash.slice(3)}` };
    await expectRefused(hs, tokenOf({ ...hs, header, sign: hmac }), "algorithm_wrong");
  }
});

test.each<[string, string | Uint8Array]>([
  ["PEM", publicKey.export({ format: "pem", type: "spki" })],
  ["PEM without its last line feed", publicKey.export({ format: "pem", type: "spki" }).toString().trim()],
  ["PEM of PKCS #1", publicKey.export({ format: "pem", type: "pkcs1" })],
  ["DER", publicKey.export({ format: "der", type: "spki" })],
  ["DER of PKCS #1", publicKey.export({ format: "der", type: "pkcs1" })],
  ["the JWK as the set shows it", JSON.stringify(publicJwk)],
  ["the bare JWK", JSON.stringify(publicKey.export({ format: "jwk" }))],
  ["the set", JSON.stringify({ keys: [publicJwk] })],
  ["the modulus", Buffer.from(String(publicJwk.n), "base64url")],
  ["the modulus as text", String(publicJwk.n)],
  ["the kid", "key-1"],
  ["nothing", ""],
])("a public key as a shared one (%s) signs no token", async (_what, secret) => {
  const hmac = (input: string) => createHmac("sha256", secret).update(input).digest();
  const forger = { ...rs, sign: hmac };

  await expectRefused(rs, tokenOf(forger, {}, { alg: "HS256" }), "algorithm_wrong");
  await expectRefused(rs, tokenOf(forger), "signature_wrong");
});

test("the shared key is the bytes of its UTF-8", async () => {
  const sharedKey = "ein-Schlüssel-der-lang-genug-ist-für-uns";
  const party = await startParty({ sharedKey });
  const latin = { ...party, sign: hmacBy(Buffer.from(sharedKey, "latin1")) };

  await expectRefused(party, tokenOf(latin), "signature_wrong");
});

test.each([
  ["crit", ["exp"]],
  ["crit", []],
  ["crit", null],
  ["crit", ["b64"]],
  ["b64", false],
  ["b64", true],
  ["zip", "DEF"],
  ["zip", null],
])("the header's %s is refused, as %j too", async (name, value) => {
  for (const party of both) {
    const token = tokenOf(party, {}, { [name]: value });
    await expectRefused(party, token, "header_unsupported");
  }
});

test("a payload that is not encoded, and one that is compressed, are refused", async () => {
  for (const party of both) {
    const header = { ...party.header, crit: ["b64"], b64: false };
    const bare = `${base64urlOf(JSON.stringify(header))}.${JSON.stringify(claimsOf())}`;
    await expectRefused(party, `${bare}.${base64urlOf(party.sign(bare))}`, "not_a_token");
    const small = deflateRawSync(JSON.stringify(claimsOf()));
    await expectRefused(party, compact(party, { ...party.header, zip: "DEF" }, small), "claims_unreadable");
  }
});

test("no bit of a token can be another one", async () => {
  for (const party of both) {
    const good = tokenOf(party);
    const taken: string[] = [];
    let flips = 0;
    for (let index = 0; index < good.length; index++) {
      for (const bit of [index % 6, (index + 3) % 6]) {
        const value = alphabet.indexOf(good[index] ?? "");
        const flipped = value < 0 ? "A" : alphabet[value ^ (1 << bit)];
        const { isGood } = await diagnoseUserToken(
          party.tenant,
          `${good.slice(0, index)}${flipped}${good.slice(index + 1)}`,
        );
        if (isGood) taken.push(`${index}/${bit}`);
        flips += 1;
      }
    }

    expect(taken).toEqual([]);
    expect(flips).toBe(good.length * 2);
    expect(await faultOf(party, good)).toBeNull();
  }
});

test("a signature of another token, a shorter, a longer and a made-up one are refused", async () => {
  for (const party of both) {
    const [header, payload, signature = ""] = tokenOf(party).split(".");
    const [, , ofAnother] = tokenOf(party, { sub: "user-2" }).split(".");
    const bytes = Buffer.from(signature, "base64url");
    const others = [
      bytes.subarray(0, -1),
      bytes.subarray(1),
      bytes.subarray(0, 1),
      bytes.subarray(0, bytes.length / 2),
      Buffer.concat([bytes, Buffer.alloc(1)]),
      Buffer.concat([Buffer.alloc(1), bytes]),
      Buffer.concat([bytes, bytes]),
      Buffer.alloc(bytes.length),
      Buffer.alloc(bytes.length, 0xff),
      Buffer.from(bytes).reverse(),
      randomBytes(bytes.length),
      Buffer.from(createHash("sha256").update(`${header}.${payload}`).digest()),
    ].map(base64urlOf);

    for (const other of [...others, ofAnother]) {
      const token = `${header}.${payload}.${other}`;
      await expectRefused(party, token, "signature_wrong", `${header}.${payload}.${signature}`);
    }
  }
});

const digestInfo = Buffer.from("3031300d060960864801650304020105000420", "hex");
const padded = (...rest: Uint8Array[]) => {
  const end = Buffer.concat(rest);
  return Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(254 - end.length, 0xff), end]);
};
const zero = Buffer.from([0]);

test.each<[string, (digest: Buffer, input: string) => Buffer]>([
  ["garbage after the digest", (digest) => block([0, 1], 8, zero, digestInfo, digest)],
  ["garbage after much padding", (digest) => padded(zero, digestInfo, digest, randomBytes(1))],
  ["zeros after the digest", (digest) => padded(zero, digestInfo, digest, Buffer.alloc(8))],
  ["block type 2", (digest) => retouched(padded(zero, digestInfo, digest), 1, 2)],
  ["block type 0", (digest) => retouched(padded(zero, digestInfo, digest), 1, 0)],
  ["a first octet that is not zero", (digest) => retouched(padded(zero, digestInfo, digest), 0, 1)],
  ["padding that is not all ones", (digest) => retouched(padded(zero, digestInfo, digest), 100, 0xfe)],
  ["padding with a zero in it", (digest) => retouched(padded(zero, digestInfo, digest), 20, 0)],
  ["no zero after the padding", (digest) => padded(digestInfo, digest)],
  ["the bare digest", (digest) => padded(zero, digest)],
  ["the digest and nothing else", (digest) => Buffer.concat([Buffer.alloc(224), digest])],
  [
    "an algorithm without parameters",
    (digest) => padded(zero, hex("302f300b0609608648016503040201"), hex("0420"), digest),
  ],
  [
    "a length in the long form",
    (digest) => padded(zero, hex("308131300d060960864801650304020105000420"), digest),
  ],
  [
    "parameters that are not null",
    (digest) => padded(zero, hex("3033300f0609608648016503040201040201020420"), digest),
  ],
  [
    "the name of SHA-384",
    (digest) => padded(zero, hex("3041300d060960864801650304020205000430"), digest, Buffer.alloc(16)),
  ],
  [
    "a digest of SHA-1",
    (_digest, input) =>
      padded(zero, hex("3021300906052b0e03021a05000414"), createHash("sha1").update(input).digest()),
  ],
  [
    "a digest of SHA-512",
    (_digest, input) =>
      padded(
        zero,
        hex("3051300d060960864801650304020305000440"),
        createHash("sha512").update(input).digest(),
      ),
  ],
  [
    "a digest of something else",
    () => padded(zero, digestInfo, createHash("sha256").update("else").digest()),
  ],
])("RS256 with %s is refused", async (_what, encode) => {
  const byHand = (encoded: (digest: Buffer, input: string) => Buffer) => ({
    ...rs,
    sign: (input: string) => {
      const digest = createHash("sha256").update(input).digest();
      return privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encoded(digest, input));
    },
  });
  const good = tokenOf(byHand((digest) => padded(zero, digestInfo, digest)));

  await expectRefused(rs, tokenOf(byHand(encode)), "signature_wrong", good);
});

test("a JWS as JSON is refused, and so is every JWE", async () => {
  for (const party of both) {
    const key = party === rs ? privateKey : createSecretKey(hs.tenant.sharedKey, "utf8");
    const header = party.header as { alg: string };
    const payload = Buffer.from(JSON.stringify(claimsOf()));
    const flattened = await new FlattenedSign(payload).setProtectedHeader(header).sign(key);
    const general = await new GeneralSign(payload).addSignature(key).setProtectedHeader(header).sign();

    for (const jws of [flattened, general]) {
      await expectRefused(party, JSON.stringify(jws), "not_a_token");
      await expectRefused(party, base64urlOf(JSON.stringify(jws)), "not_a_token");
    }
  }
});

test.each([
  ["dir", "A256GCM", randomBytes(32)],
  ["dir", "A128CBC-HS256", randomBytes(32)],
  ["A256KW", "A256GCM", randomBytes(32)],
  ["A256GCMKW", "A128GCM", randomBytes(32)],
  ["PBES2-HS256+A128KW", "A256GCM", randomBytes(32)],
  ["RSA-OAEP", "A256GCM", publicKey],
  ["RSA-OAEP-256", "A256CBC-HS512", publicKey],
])("a JWE (%s, %s) is refused", async (alg, enc, key) => {
  const jwe = await new CompactEncrypt(Buffer.from(tokenOf(rs)))
    .setProtectedHeader({ alg, enc, kid: "key-1", cty: "JWT" })
    .encrypt(key);

  expect(jwe.split(".")).toHaveLength(5);
  for (const party of both) {
    await expectRefused(party, jwe, "not_a_token");
    await expectRefused(party, tokenOf(party, {}, { alg, enc }), "algorithm_wrong");
  }
});

test("what opens other doors is no user access token", async () => {
  for (const party of both) {
    const { tenant } = party;
    const { json } = await postAuth(tenant);
    const others: string[] = [
      json.data.session,
      ...[tenant.apiKey, tenant.tillKey, tenant.clientId, tenant.sharedKey, purchaseSecret],
    ];

    for (const other of others) await expectRefused(party, other, "not_a_token");
  }
});

test("a programme's token is none in another one", async () => {
  await expectRefused(hs, tokenOf(rs), "algorithm_wrong");
  await expectRefused(rs, tokenOf(hs), "algorithm_wrong");
  const sibling = await startParty({});
  await expectRefused(sibling, tokenOf(hs), "signature_wrong");
});

test("where a programme has no user authentication, every token is refused", async () => {
  const tenant = await createApiTenant({ userAuth: null });
  const party = { ...hs, tenant };

  for (const token of [tokenOf(hs), tokenOf(rs), "no token"])
    expect(await faultOf(party, token)).toBe("not_set_up");
});

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** A token that is signed by jose with `alg`; the header may lie about it. */
async function joseToken(party: Party, alg: string, key: KeyObject, said = alg): Promise<string> {
  const header = { ...party.header, alg };
  const token = await new CompactSign(Buffer.from(JSON.stringify(claimsOf())))
    .setProtectedHeader(header)
    .sign(key);
  return said === alg ? token : token.replace(/^[^.]+/, base64urlOf({ ...header, alg: said }));
}

/** The other ways to write the same bytes: bits of the last character that say nothing. */
function twinsOf(part: string): string[] {
  const bytes = Buffer.from(part, "base64url");
  return [...alphabet]
    .map((last) => part.slice(0, -1) + last)
    .filter((twin) => twin !== part && Buffer.from(twin, "base64url").equals(bytes));
}

/** With as many characters in its signature as no bytes make. */
function lengthened(token: string): string {
  const [, , signature = ""] = token.split(".");
  return token + "A".repeat((5 - (signature.length % 4)) % 4 || 4);
}

/** A good token of exactly so many characters. */
function tokenOfLength(party: Party, length: number): string {
  for (const spaces of ["", " ", "  ", "   "]) {
    const header = base64urlOf(JSON.stringify(party.header) + spaces);
    const spare = length - signed(party, header, base64urlOf(claimsOf({ pad: "" }))).length;
    for (let pad = Math.floor((spare * 3) / 4) - 2; pad < (spare * 3) / 4 + 2; pad++) {
      const token = signed(party, header, base64urlOf(claimsOf({ pad: "x".repeat(pad) })));
      if (token.length === length) return token;
    }
  }
  throw new Error(`No token has ${length} characters.`);
}

function hex(text: string): Buffer {
  return Buffer.from(text, "hex");
}

/** The block of a signature that begins so, with so much padding, and ends in garbage. */
function block(first: number[], ones: number, ...rest: Uint8Array[]): Buffer {
  const begin = Buffer.concat([Buffer.from(first), Buffer.alloc(ones, 0xff), ...rest]);
  return Buffer.concat([begin, randomBytes(256 - begin.length)]);
}

function retouched(bytes: Buffer, index: number, value: number): Buffer {
  bytes[index] = value;
  return bytes;
}

/** That a token is refused for this reason, and that a good one beside it passes. */
