import { expect, test } from "vitest";

import { sharedKey } from "#lib/domain/tokens/shared-key.ts";

test.each([
  ["", "bytes"],
  ["q7Jt0cHf1zB9mXw2pLr8VnYd4GsKaUe", "bytes"],
  ["a".repeat(64), "repeats"],
  ["abcabcabcabcabcabcabcabcabcabcabcabc", "repeats"],
  ["a-string-secret-at-least-256-bits-long", "well known"],
  ["Super-Secret-JWT-Token-With-At-Least-32-Characters-Long", "well known"],
  ["-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A", "PEM"],
  ["q7Jt0cHf1zB9mXw2pLr8VnYd4GsKaUeT\u0000", "control"],
])("a shared key like %j is refused", (key, reason) => {
  const { error } = sharedKey.safeParse(key);

  expect(error?.issues[0]?.message).toContain(reason);
});

test.each(["q7Jt0cHf1zB9mXw2pLr8VnYd4GsKaUeT", "ключ-из-букв-и-цифр-2718"])(
  "a shared key counts by its bytes: %s is taken",
  (key) => {
    expect(sharedKey.safeParse(key).success).toBe(true);
  },
);
