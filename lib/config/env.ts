/**
 * What the process is told from outside: every environment variable of Laurel, read in this one place.
 * A wrong value stops the start with a sentence that says how to mend it; `.env.example` lists them all.
 */
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { z } from "zod";

import { ConfigurationError } from "#lib/config/configuration-error.ts";

const list = z
  .string()
  .default("")
  .transform((text) =>
    text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== ""),
  );

const environmentSchema = z
  .object({
    PORT: z
      .string()
      .default("3000")
      .refine(
        (text) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535,
        "is a port: a number from 0 to 65535.",
      )
      .transform(Number),
    DATABASE_URL: z
      .url({
        protocol: /^postgres(ql)?$/,
        error:
          "is the address of a PostgreSQL server, such as postgresql://user:password@host:5432/laurel. Leave it out to use the embedded database.",
      })
      .optional(),
    LAUREL_DATA_DIR: z.string().min(1, "names a folder.").default(".data"),
    LAUREL_SECRET: list,
    LAUREL_PROVISION: z.string().min(1, "names a programme file.").optional(),
    LAUREL_TEST_CLOCK: z.string().min(1, "names a file.").optional(),
    PUBLIC_SCHEME: z.enum(["http", "https"], "is http or https.").default("http"),
    TRUSTED_PROXIES: list.refine(
      (entries) => entries.every(isAddressOrNetwork),
      "is a list of addresses or networks with commas between, such as 10.0.0.1,192.168.0.0/16.",
    ),
    ALLOW_LOOPBACK_URLS: z
      .enum(["0", "1"], "is 1 to let Laurel fetch from this computer's own addresses, or 0.")
      .default("0")
      .transform((flag) => flag === "1"),
    SMTP_URL: z
      .string()
      .refine(
        isMailServer,
        "is the address of a mail server and nothing more, such as smtps://user:password@mail.example.com. Leave it out to have mails written to files.",
      )
      .optional(),
    MAIL_FROM: z.email("is the address that mails come from, such as rewards@example.com.").optional(),
    END_USER_SESSION_SECONDS: z
      .string()
      .default("43200")
      .refine(
        (text) => /^\d{3,7}$/.test(text) && Number(text) >= 300 && Number(text) <= 2_592_000,
        "is a number of seconds from 300 to 2592000.",
      )
      .transform(Number),
    MEMBER_TOKEN_CALLS_PER_MINUTE: z
      .string()
      .default("600")
      .refine((text) => /^[1-9]\d{0,5}$/.test(text), "is a number from 1 to 999999.")
      .transform(Number),
    METRICS_TOKEN: z.string().min(16, "needs 16 characters or more.").optional(),
    LOG_LEVEL: z
      .enum(["debug", "info", "warn", "error", "silent"], "is debug, info, warn, error or silent.")
      .default("info"),
  })
  .refine((env) => !(env.LAUREL_TEST_CLOCK && env.PUBLIC_SCHEME === "https"), {
    path: ["LAUREL_TEST_CLOCK"],
    error: "moves the clock for tests and is refused with PUBLIC_SCHEME=https: leave it out.",
  });

export type Environment = z.infer<typeof environmentSchema>;

let parsed: Environment | undefined;

/** The environment, parsed at the first call. Throws a ConfigurationError that names each wrong variable. */
export function env(): Environment {
  parsed ??= parseEnvironment(process.env);
  return parsed;
}

/** The same for any set of variables; an empty variable counts as left out. */
export function parseEnvironment(variables: Record<string, string | undefined>): Environment {
  const given = Object.entries(variables).filter(([, value]) => value !== undefined && value !== "");
  const result = environmentSchema.safeParse(Object.fromEntries(given));
  if (result.success) return result.data;

  const sentences = result.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`);
  throw new ConfigurationError(sentences.join("\n"));
}

function isAddressOrNetwork(entry: string): boolean {
  return isIP(entry) !== 0 || ipaddr.isValidCIDR(entry);
}

/** A query would reach settings of the mail library that are ours to make, such as one that prints whole mails. */
function isMailServer(text: string): boolean {
  const url = URL.parse(text);
  if (!url || !["smtp:", "smtps:"].includes(url.protocol) || url.hostname === "") return false;
  return ["", "/"].includes(url.pathname + url.search + url.hash) && isPercentEncoded(url);
}

function isPercentEncoded({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}
