import { expect, test } from "vitest";

import { isDatabaseDown } from "#lib/db/database-down.ts";

test.each([
  ...["ECONNREFUSED", "ENETUNREACH", "ETIMEDOUT", "CERT_HAS_EXPIRED", "SELF_SIGNED_CERT_IN_CHAIN"],
  ...["08006", "28P01", "28000", "3D000", "53300", "57P01", "57014"],
])("an error of the driver's with the code %s says that the database is away", (code) => {
  expect(isDatabaseDown(Object.assign(new Error("No."), { code }))).toBe(true);
});

test.each([
  "Connection terminated unexpectedly",
  "timeout exceeded when trying to connect",
  "Client has encountered a connection error and is not queryable",
  "The server does not support SSL connections",
])("so does one that says: %s", (message) => {
  expect(isDatabaseDown(new Error(message))).toBe(true);
});

test.each(["23505", "40P01", "55P03", "22P02", "LR001", "42883"])(
  "one with the code %s is about the statement",
  (code) => {
    expect(isDatabaseDown(Object.assign(new Error("No."), { code }))).toBe(false);
  },
);

test("what hides the cause is looked through", () => {
  const cause = Object.assign(new Error("No."), { code: "57P01" });

  expect(isDatabaseDown(new Error("Failed.", { cause }))).toBe(true);
  expect(isDatabaseDown("57P01")).toBe(false);
});
