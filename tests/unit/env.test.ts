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
  ["SMTP_URL", "mail.example.com", "SMTP_URL is the address of a mail server and nothing more"],
  ["MAIL_FROM", "Rewards", "MAIL_FROM is the address that mails come from"],
  ["MAIL_FROM", "Rewards <rewards@example.com>", "MAIL_FROM is the address that mails come from"],
  ["METRICS_TOKEN", "short", "METRICS_TOKEN needs 16 characters or more."],
  ["LOG_LEVEL", "loud", "LOG_LEVEL is debug"],
])("%s=%s stops the start with a sentence", (name, value, sentence) => {
  expect(() => parseEnvironment({ [name]: value })).toThrow(sentence);
});

test.each([
  "smtp://mail.example.com",
  "smtp://mail.example.com:2525/",
  "smtps://user:p%40ss%25word@mail.example.com",
  "smtps://[2001:db8::25]:465",
])("%s names a mail server", (url) => {
  expect(parseEnvironment({ SMTP_URL: url }).SMTP_URL).toBe(url);
});

test.each([
  ["of another protocol", "https://mail.example.com"],
  ["without a host", "smtp:mail.example.com"],
  ["without a host behind the slashes", "smtp://"],
  ["with a path", "smtp://mail.example.com/inbox"],
  ["with settings of the mail library's own", "smtp://mail.example.com?logger=true"],
  ["with a fragment", "smtp://mail.example.com#logger"],
  ["with a password that is not percent-encoded", "smtp://user:100%@mail.example.com"],
])("an address %s is no mail server's", (_what, url) => {
  expect(() => parseEnvironment({ SMTP_URL: url })).toThrow("SMTP_URL is the address of a mail server");
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
