/**
 * The programme file: a whole programme as one JSON document, strict to the last field. `docs/programme.schema.json` is
 * made from what stands here.
 */
import { z } from "zod";
import { problemWithEventTypeSchema } from "#lib/domain/events/event-type-schema.ts";
import { attributesPerMemberMax } from "#lib/domain/members/profile.ts";
import {
  mandatoryProfileFields,
  optionalProfileFields,
  problemWithAttribute,
} from "#lib/domain/members/profile-input.ts";
import { problemWithCookieDomain } from "#lib/domain/tenants/cookie-domain.ts";
import { isLoopbackHostname } from "#lib/domain/tenants/hostname.ts";
import { emailAddress, identifier, longText, name, text } from "#lib/domain/texts.ts";

const reservedCodes = ["auth", "admin", "token", "session", "health", "multi", "v1"];
const secretLengthMin = 32;
const sessionSecondsMax = 2_592_000; // 30 days

const points = z.int("Enter whole points.");
const positivePoints = points.min(1, "Enter 1 point or more.");
const priceInPoints = points.min(0, "Enter 0 points or more.");
const count = z
  .int("Enter a whole number.")
  .min(0, "Enter 0 or more.")
  .max(2_147_483_647, "This is too many.");
const moment = z.iso.datetime({ offset: true, error: "Enter a time such as 2026-12-01T00:00:00Z." });
const secret = text(secretLengthMin, 512);
// Sent as a header, which takes no white space and where a comma would make two of one.
const headerSecret = secret.regex(
  /^[!-+\--~]*$/,
  "Use letters, digits and signs of ASCII, without spaces and commas.",
);
const password = text(8, 256);
const sessionSeconds = z
  .int("Enter whole seconds.")
  .min(300, "A session lasts 300 seconds or more.")
  .max(sessionSecondsMax, "A session lasts at most 2592000 seconds (30 days).");

const hostname = z
  .string("Enter a host name.")
  .max(253)
  .regex(
    /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/,
    "Enter a host name in lower case, without scheme or port.",
  );

const webUrl = z
  .string("Enter a web address.")
  .max(2048)
  .refine(isWebUrl, "Enter an https:// address (http:// on localhost).");
const origin = webUrl.refine(
  (value) => URL.canParse(value) && new URL(value).origin === value && !value.includes("*"),
  "Enter an origin: a scheme, a host, and a port if it is not the usual one, such as https://www.example.com.",
);

const eventTypeName = z
  .string("Enter an event type.")
  .min(2, "An event type has 2 to 64 characters.")
  .max(64, "An event type has 2 to 64 characters.")
  .regex(/^[A-Z]+(_[A-Z]+)*$/, "Name an event type in capitals, with underscores between words.");

const clientSecret = z.strictObject({ name: name(64), secret: headerSecret.optional() });

const apiKey = z.strictObject({
  name: name(64),
  key: headerSecret.optional(),
  scopes: z.array(z.enum(["till"], "The only scope is till.")).optional(),
  ratePerSecond: count.min(1, "Enter 1 or more.").optional(),
  burst: count.min(1, "Enter 1 or more.").optional(),
});

// Signs tokens, so it must not be guessed from a few of them.
const sharedKey = secret.refine(
  (value) => new Set(value).size > 7,
  "This key repeats itself; use a random one.",
);

const userAuthCommon = {
  issuer: text(1, 2048),
  audience: text(1, 512).nullable().optional(),
  maxLifetimeSeconds: z.int().min(60, "Enter 60 seconds or more.").max(sessionSecondsMax).optional(),
  leewaySeconds: z.int().min(0).max(60, "The leeway is at most 60 seconds.").optional(),
};
const userAuth = z.discriminatedUnion(
  "algorithm",
  [
    z.strictObject({ algorithm: z.literal("RS256"), jwksUrl: webUrl, ...userAuthCommon }),
    z.strictObject({ algorithm: z.literal("HS256"), sharedKey: sharedKey.optional(), ...userAuthCommon }),
  ],
  "The algorithm is RS256 or HS256.",
);

const oauth2 = z
  .strictObject({
    providerName: name(64),
    issuer: webUrl.optional(),
    authorizationUrl: webUrl.optional(),
    tokenUrl: webUrl.optional(),
    userinfoUrl: webUrl.optional(),
    jwksUrl: webUrl.optional(),
    signOutUrl: webUrl.optional(),
    clientId: text(1, 512),
    clientSecret: text(1, 2048),
    scope: text(1, 512).optional(),
    claims: z.record(z.string(), text(1, 128)).optional(),
  })
  .check((context) => {
    const { issuer, authorizationUrl, tokenUrl } = context.value;
    if (issuer === undefined && (authorizationUrl === undefined || tokenUrl === undefined)) {
      const message = "Enter the issuer, or else authorizationUrl and tokenUrl.";
      context.issues.push({ code: "custom", path: ["issuer"], message, input: issuer });
    }
  });

const admin = z.strictObject({
  email: emailAddress,
  password: password.optional(),
  role: z.enum(["OWNER", "EDITOR", "VIEWER", "TILL"], "The role is OWNER, EDITOR, VIEWER or TILL."),
});

const eventType = z.strictObject({
  name: eventTypeName,
  description: text(0, 512).optional(),
  schema: z
    .record(z.string(), z.unknown(), "Enter a JSON Schema.")
    .check((context) => {
      const problem = problemWithEventTypeSchema(context.value);
      if (problem) context.issues.push({ code: "custom", message: problem, input: context.value });
    })
    .nullable()
    .optional(),
  private: z.boolean("Enter true or false.").optional(),
  secret: headerSecret.optional(),
});

const conditionValue = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const condition = z
  .strictObject({
    field: z
      .string("Enter a field.")
      .max(256)
      .regex(/^(payload|member)(\.[A-Za-z0-9_-]+)+$/, "A field starts with payload. or member."),
    operator: z.enum(
      ["eq", "ne", "gt", "gte", "lt", "lte", "in", "notIn", "exists"],
      "There is no such operator.",
    ),
    value: z.union([conditionValue, z.array(conditionValue).max(100, "List at most 100 values.")]).optional(),
  })
  .check((context) => {
    const { operator, value } = context.value;
    const isOrdering = ["gt", "gte", "lt", "lte"].includes(operator);
    const problem =
      (operator === "in" || operator === "notIn") !== Array.isArray(value)
        ? "A list goes with the operators in and notIn, and with no other."
        : operator === "exists" && value !== undefined && typeof value !== "boolean"
          ? "With exists the value is true or false."
          : isOrdering && typeof value !== "number"
            ? "Numbers are compared: enter a number."
            : operator !== "exists" && value === undefined
              ? "Enter a value."
              : null;
    if (problem) context.issues.push({ code: "custom", path: ["value"], message: problem, input: value });
  });
const conditions = z
  .strictObject({
    all: z.array(condition).max(20, "List at most 20 conditions.").optional(),
    any: z.array(condition).max(20, "List at most 20 conditions.").optional(),
  })
  .nullable();

const pointsEffect = z
  .strictObject({
    type: z.literal("POINTS"),
    points: positivePoints.optional(),
    pointsPerUnit: z.number("Enter a number.").positive("Enter more than 0.").optional(),
    unitField: z
      .string("Enter a field.")
      .max(256)
      .regex(/^payload(\.[A-Za-z0-9_-]+)+$/, "The field starts with payload.")
      .optional(),
    rounding: z.enum(["DOWN", "UP", "NEAREST"], "Rounding is DOWN, UP or NEAREST.").optional(),
    min: positivePoints.optional(),
    max: positivePoints.optional(),
  })
  .check((context) => {
    const { points: fixed, pointsPerUnit, unitField, rounding, min, max } = context.value;
    const perUnit = { pointsPerUnit, unitField, rounding, min, max };
    const report = (field: string, message: string) =>
      context.issues.push({ code: "custom", path: [field], message, input: context.value });

    if (fixed !== undefined) {
      for (const [field, value] of Object.entries(perUnit)) {
        if (value !== undefined) report(field, "Fixed points take no points per unit.");
      }
    } else if (pointsPerUnit === undefined && unitField === undefined) {
      report("points", "Enter points, or else pointsPerUnit and unitField.");
    } else if (pointsPerUnit === undefined) report("pointsPerUnit", "Enter the points for each unit.");
    else if (unitField === undefined) report("unitField", "Enter the field that is counted.");
    if (min !== undefined && max !== undefined && min > max)
      report("max", "The maximum is not below the minimum.");
  });
const effect = z.discriminatedUnion(
  "type",
  [pointsEffect, z.strictObject({ type: z.literal("REWARD"), reward: identifier(128) })],
  "The type is POINTS or REWARD.",
);

const rule = z
  .strictObject({
    name: name(128),
    eventType: eventTypeName,
    conditions: conditions.optional(),
    effect,
    limits: z
      .strictObject({
        perMember: z
          .strictObject({
            times: count.min(1, "Enter 1 or more."),
            period: z.enum(
              ["DAY", "WEEK", "MONTH", "YEAR", "EVER"],
              "A period is DAY, WEEK, MONTH, YEAR or EVER.",
            ),
          })
          .nullable()
          .optional(),
        budgetPoints: positivePoints.nullable().optional(),
      })
      .nullable()
      .optional(),
    start: moment.nullable().optional(),
    end: moment.nullable().optional(),
    priority: z.int("Enter a whole number.").min(-1000).max(1000).optional(),
    pendingDays: z.int("Enter whole days.").min(0).max(3650).optional(),
  })
  .check(endsAfterStart);

const reward = z
  .strictObject({
    externalId: identifier(128),
    name: name(128),
    type: z.enum(["VOUCHER", "GENERIC_OFFER"], "The type is VOUCHER or GENERIC_OFFER."),
    price: priceInPoints,
    summary: text(0, 280).optional(),
    description: longText(4000).optional(),
    terms: longText(8000).optional(),
    category: name(64).nullable().optional(),
    pictureUrl: webUrl.nullable().optional(),
    value: z.number("Enter an amount.").min(0).max(1_000_000_000).nullable().optional(),
    codeType: z
      .enum(["POOL", "GENERATED", "STATIC"], "The codeType is POOL, GENERATED or STATIC.")
      .optional(),
    codes: z.array(identifier(128)).max(100_000, "List at most 100,000 codes at once.").optional(),
    codePattern: z
      .string()
      .max(64)
      .regex(
        /^[X9A-WYZ0-8-]*[X9][X9A-WYZ0-8-]*$/,
        "A pattern is of capitals, digits and dashes; X is a letter, 9 a digit.",
      )
      .optional(),
    code: identifier(128).optional(),
    stock: count.nullable().optional(),
    perMemberLimit: count.min(1, "Enter 1 or more.").nullable().optional(),
    tier: name(64).nullable().optional(),
    availability: z
      .strictObject({ start: moment.nullable().optional(), end: moment.nullable().optional() })
      .check(endsAfterStart)
      .nullable()
      .optional(),
  })
  .check((context) => {
    const { codeType, codePattern, code } = context.value;
    if (codeType === "GENERATED" && codePattern === undefined) {
      context.issues.push({
        code: "custom",
        path: ["codePattern"],
        message: "Enter the pattern to generate codes by, such as XXXX-9999.",
        input: codePattern,
      });
    }
    if (codeType === "STATIC" && code === undefined) {
      context.issues.push({
        code: "custom",
        path: ["code"],
        message: "Enter the code to show.",
        input: code,
      });
    }
  });

const member = z.strictObject({
  authIdentifier: identifier(512),
  profile: z
    .object({ ...mandatoryProfileFields, ...nullableFields(optionalProfileFields) })
    .catchall(z.json())
    .check((context) => {
      const core = { ...mandatoryProfileFields, ...optionalProfileFields };
      const attributes = Object.entries(context.value).filter(([key]) => !Object.hasOwn(core, key));
      for (const [key, value] of attributes) {
        const problem = problemWithAttribute(key, value);
        if (problem) context.issues.push({ code: "custom", path: [key], message: problem, input: value });
      }
      if (attributes.length > attributesPerMemberMax) {
        const message = `A member has at most ${attributesPerMemberMax} attributes.`;
        context.issues.push({ code: "custom", message, input: context.value });
      }
    }),
  points: priceInPoints.optional(),
  password: password.nullable().optional(),
});

const tenant = z
  .strictObject({
    code: z
      .string("Enter a store code.")
      .regex(/^[a-z0-9-]{2,32}$/, "A code has 2 to 32 small letters, digits and dashes.")
      .refine((code) => !reservedCodes.includes(code), "This code is the name of one of Laurel's own paths."),
    name: name(128),
    hostnames: z.array(hostname).min(1, "Name the host that the microsite answers on."),
    authMode: z.enum(["embedded", "interactive"], "The authMode is embedded or interactive."),
    cookieDomain: hostname.nullable().optional(),
    publicUrl: origin.nullable().optional(),
    hostUrl: webUrl.nullable().optional(),
    hostOrigins: z.array(origin).max(50).optional(),
    allowedOrigins: z.array(origin).max(50).optional(),
    locale: z.enum(["en", "de", "fr", "es", "ar"], "The languages are en, de, fr, es and ar.").optional(),
    sessions: z
      .strictObject({
        embeddedSeconds: sessionSeconds.optional(),
        interactiveSeconds: sessionSeconds.optional(),
        idleSeconds: z
          .int("Enter whole seconds.")
          .min(120, "An idle limit is 120 seconds or more.")
          .max(sessionSecondsMax)
          .nullable()
          .optional(),
      })
      .optional(),
    urlActivation: z.enum(["once", "reusable"], "The urlActivation is once or reusable.").optional(),
    createMembersFromTokens: z.boolean("Enter true or false.").optional(),
    selfRegistration: z.boolean("Enter true or false.").optional(),
    emailConfirmation: z.enum(["required", "off"], "The emailConfirmation is required or off.").optional(),
    clientSecrets: uniqueBy("name", clientSecret),
    apiKeys: uniqueBy("name", apiKey),
    adminApiKeys: uniqueBy("name", z.strictObject({ name: name(64), key: headerSecret.optional() })),
    userAuth: userAuth.nullable().optional(),
    oauth2: oauth2.nullable().optional(),
    admins: uniqueBy("email", admin),
    eventTypes: uniqueBy("name", eventType),
    rules: uniqueBy("name", rule),
    pointsExpiry: z
      .strictObject({ afterDays: z.int("Enter whole days.").min(1).max(36_500) })
      .nullable()
      .optional(),
    tiers: uniqueBy("name", z.strictObject({ name: name(64), pointsRequirement: priceInPoints })),
    rewardCategories: uniqueBy("name", z.strictObject({ name: name(64) })),
    rewards: uniqueBy("externalId", reward),
    members: uniqueBy("authIdentifier", member),
  })
  .check((context) => {
    const { cookieDomain, hostnames } = context.value;
    const problem = cookieDomain ? problemWithCookieDomain(cookieDomain, hostnames) : null;
    if (problem)
      context.issues.push({ code: "custom", path: ["cookieDomain"], message: problem, input: cookieDomain });
  });

export const programmeFileSchema = z.strictObject({
  $schema: z.string().optional(),
  tenants: z
    .array(tenant)
    .min(1, "Name a tenant.")
    .check(hasNoTwins("code"))
    .check((context) => {
      const seen = new Set<string>();
      context.value.forEach(({ hostnames }, index) => {
        for (const host of hostnames) {
          if (seen.has(host)) {
            const message = `${host} is named twice: a host belongs to one tenant.`;
            context.issues.push({ code: "custom", path: [index, "hostnames"], message, input: hostnames });
          }
          seen.add(host);
        }
      });
    }),
});

export type ProgrammeFile = z.infer<typeof programmeFileSchema>;
export type TenantInFile = ProgrammeFile["tenants"][number];
export type RewardInFile = z.infer<typeof reward>;
export type MemberInFile = z.infer<typeof member>;

type Checked<Value> = { value: Value; issues: z.core.$ZodRawIssue[] };

/** A list whose items are known by a key, each once; left out, nothing of it changes. */
function uniqueBy<Item extends z.ZodType<Record<Key, unknown>>, Key extends string>(key: Key, item: Item) {
  return z.array(item).check(hasNoTwins(key)).optional();
}

function hasNoTwins(key: string) {
  return (context: Checked<readonly unknown[]>) => {
    const seen = new Set<unknown>();
    context.value.forEach((item, index) => {
      const value = (item as Record<string, unknown>)[key];
      if (seen.has(value)) {
        const message = `${String(value)} is named twice.`;
        context.issues.push({ code: "custom", path: [index, key], message, input: value });
      }
      seen.add(value);
    });
  };
}

function endsAfterStart(
  context: Checked<{ start?: string | null | undefined; end?: string | null | undefined }>,
) {
  const { start, end } = context.value;
  if (start && end && Date.parse(end) <= Date.parse(start)) {
    context.issues.push({
      code: "custom",
      path: ["end"],
      message: "The end comes after the start.",
      input: end,
    });
  }
}

function nullableFields<Fields extends Record<string, z.ZodType>>(fields: Fields) {
  const entries = Object.entries(fields).map(([key, field]) => [key, field.nullable().optional()]);
  return Object.fromEntries(entries) as { [Key in keyof Fields]: z.ZodOptional<z.ZodNullable<Fields[Key]>> };
}

function isWebUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname: host, username, password: word } = new URL(value);
  if (username || word) return false;
  return protocol === "https:" || (protocol === "http:" && isLoopbackHostname(host));
}
