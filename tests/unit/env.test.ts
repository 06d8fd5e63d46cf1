import { expect, test } from "vitest";

import { parseEnvironment } from "#lib/config/env.ts";
import { problemWithSecret } from "#lib/server/deployment-secret.ts";

test("without any variable everything has a default", () => {
  expect(parseEnvironment({ PORT: "" })).toMatchObject({
    PORT: 3000,
    LAUREL_DATA_DIR: ".data",
    PUBLIC_SCHEME: "http",
    TRUSTED_PROXIES: [],
    LAUREL_SECRET: [],
  });
});

test.each([
  ["PORT", "80a", "PORT is a port: a number from 0 to 65535."],
  ["PORT", "65536", "PORT is a port: a number from 0 to 65535."],
  ["DATABASE_URL", "mysql://x/y", "DATABASE_URL is the address of a PostgreSQL server"],
  ["PUBLIC_SCHEME", "ftp", "PUBLIC_SCHEME is http or https."],
  ["TRUSTED_PROXIES", "10.0.0.1,proxy.example", "TRUSTED_PROXIES is a list of addresses or networks"],
  ["METRICS_TOKEN", "short", "METRICS_TOKEN needs 16 characters or more."],
  ["LOG_LEVEL", "loud", "LOG_LEVEL is debug"],
])("%s=%s stops the start with a sentence", (name, value, sentence) => {
  expect(() => parseEnvironment({ [name]: value })).toThrow(sentence);
});

test("the test clock is refused where the site is public", () => {
  const variables = { LAUREL_TEST_CLOCK: "/tmp/clock", PUBLIC_SCHEME: "https" };

  expect(() => parseEnvironment(variables)).toThrow("LAUREL_TEST_CLOCK moves the clock for tests");
});

test.each([
  "short",
  "a".repeat(64),
  "changeme-changeme-changeme-changeme",
  "0123456789012345678901234567890123456789",
])("the secret %j is refused", (secret) => {
  expect(problemWithSecret(secret)).toMatch(/openssl rand/);
});

test("a random secret will do", () => {
  expect(problemWithSecret("q7Jt0cHf1zB9mXw2pLr8VnYd4GsKaUeT")).toBeNull();
});
