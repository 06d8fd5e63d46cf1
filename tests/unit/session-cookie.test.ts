import { expect, test } from "vitest";

import { env } from "#lib/config/env.ts";
import { sealSecret, unsealSecret } from "#lib/domain/secrets.ts";
import { limiterKeyOf } from "#lib/http/rate-limits.ts";
import { mintToken, openToken } from "#lib/http/session-cookie.ts";

test("tokens are URL-safe, short, and never the same", async () => {
  const minted = await Promise.all(Array.from({ length: 500 }, () => mintToken()));

  const tokens = minted.map(({ token }) => token);
  for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9._~*-]{1,1024}$/);
  expect(new Set(tokens).size).toBe(500);
});

test("a token opens to what was minted; one that is altered anywhere does not", async () => {
  const { token, credential } = await mintToken();

  expect(await openToken(token)).toEqual(credential);
  for (const altered of [
    `${token} `,
    `${token}~`,
    token.slice(1),
    token.replace("~2", "~3"),
    "",
    "x".repeat(1025),
  ]) {
    const opened = await openToken(altered);
    expect(opened?.tokenHash).not.toBe(credential.tokenHash);
  }
});

test("after a rotation what the old secret sealed still opens; without it no more", async () => {
  const secrets = env().LAUREL_SECRET;
  const { token, credential } = await mintToken();
  const sealed = sealSecret("a client secret");

  secrets.unshift("a-newer-secret-of-the-test-Hq72Lx90dk");
  expect(await openToken(token)).toEqual(credential);
  expect(unsealSecret(sealed)).toBe("a client secret");
  const old = secrets.pop() as string;
  expect(await openToken(token)).toBeNull();
  expect(() => unsealSecret(sealed)).toThrow("LAUREL_SECRET");
  secrets.splice(0, secrets.length, old);
});

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
  ["2001:db8:1:3::9", "2001:db8:1:3::/64"],
])("the limiter counts %s as %s", (address, key) => {
  expect(limiterKeyOf(address)).toBe(key);
});
