/**
 * The programme file: a whole programme as one JSON document, strict to the last field. `docs/programme.schema.json` is
 * made from what stands here.
 */
import { z } from "zod";

import { problemWithOutsideUrl } from "#lib/clients/outside-addresses.ts";
import { locales } from "#lib/domain/locales.ts";
import { attributesPerMemberMax } from "#lib/domain/members/profile.ts";
import {
  mandatoryProfileFields,
  optionalProfileFields,
  problemWithAttribute,
} from "#lib/domain/members/profile-input.ts";
import { brand } from "#lib/domain/programme/brand-schema.ts";
import { eventType, reward } from "#lib/domain/programme/catalogue-schema.ts";
import {
  type Checked,
  count,
  headerSecret,
  password,
  priceInPoints,
  webUrl,
} from "#lib/domain/programme/file-fields.ts";
import { rule } from "#lib/domain/rules/rule-schema.ts";
import { problemWithClaimsField } from "#lib/domain/sign-in/claims.ts";
import { problemWithCookieDomain } from "#lib/domain/tenants/cookie-domain.ts";
import { emailAddress, identifier, name, text } from "#lib/domain/texts.ts";
import { sharedKey } from "#lib/domain/tokens/shared-key.ts";

const reservedCodes = ["auth", "admin", "token", "session", "health", "multi", "v1"];
const sessionSecondsMax = 2_592_000; // 30 days

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

const origin = webUrl.refine(
  (value) => URL.canParse(value) && new URL(value).origin === value && !value.includes("*"),
  "Enter an origin: a scheme, a host, and a port if it is not the usual one, such as https://www.example.com.",
);

const clientSecret = z.strictObject({ name: name(64), secret: headerSecret.optional() });

const apiKey = z.strictObject({
  name: name(64),
  key: headerSecret.optional(),
  scopes: z.array(z.enum(["till"], "The only scope is till.")).optional(),
  ratePerSecond: count.min(1, "Enter 1 or more.").optional(),
  burst: count.min(1, "Enter 1 or more.").optional(),
});

/** One that Laurel itself asks. */
const outsideUrl = webUrl.check((context) => {
  const message = problemWithOutsideUrl(context.value);
  if (message) context.issues.push({ code: "custom", message, input: context.value });
});

const userAuthCommon = {
  issuer: text(1, 2048),
  audience: text(1, 512).nullable().optional(),
  maxLifetimeSeconds: z.int().min(60, "Enter 60 seconds or more.").max(sessionSecondsMax).optional(),
  leewaySeconds: z.int().min(0).max(60, "The leeway is at most 60 seconds.").optional(),
};
const userAuth = z.discriminatedUnion(
  "algorithm",
  [
    z.strictObject({ algorithm: z.literal("RS256"), jwksUrl: outsideUrl, ...userAuthCommon }),
    z.strictObject({ algorithm: z.literal("HS256"), sharedKey: sharedKey.optional(), ...userAuthCommon }),
  ],
  "The algorithm is RS256 or HS256.",
);

const oauth2 = z
  .strictObject({
    providerName: name(64),
    issuer: outsideUrl.optional(),
    authorizationUrl: webUrl.optional(),
    tokenUrl: outsideUrl.optional(),
    userinfoUrl: outsideUrl.optional(),
    jwksUrl: outsideUrl.optional(),
    signOutUrl: webUrl.optional(),
    clientId: text(1, 512),
    clientSecret: text(1, 2048),
    scope: text(1, 512).optional(),
    claims: z.record(z.string(), text(1, 128)).check(hasKnownFields).optional(),
  })
  .check((context) => {
    const { issuer, authorizationUrl, tokenUrl, userinfoUrl, jwksUrl } = context.value;
    const wrong = (path: string, message: string) => {
      context.issues.push({ code: "custom", path: [path], message, input: context.value });
    };
    const isWhole = authorizationUrl !== undefined && tokenUrl !== undefined;
    if (issuer === undefined && !isWhole) {
      return wrong("issuer", "Enter the issuer, or else authorizationUrl and tokenUrl.");
    }
    if (issuer === undefined && jwksUrl !== undefined) {
      wrong("issuer", "Enter the issuer that signs with the keys of jwksUrl.");
    }
    // With both addresses set nothing is discovered, so something that is set has to say who came.
    if (isWhole && userinfoUrl === undefined && jwksUrl === undefined) {
      wrong("userinfoUrl", "Enter userinfoUrl, or issuer and jwksUrl: something has to say who signed in.");
    }
  });

function hasKnownFields({ value, issues }: Checked<Record<string, string>>): void {
  for (const field of Object.keys(value)) {
    const message = problemWithClaimsField(field);
    if (message) issues.push({ code: "custom", path: [field], message, input: value });
  }
}

const admin = z.strictObject({
  email: emailAddress,
  password: password.optional(),
  role: z.enum(["OWNER", "EDITOR", "VIEWER", "TILL"], "The role is OWNER, EDITOR, VIEWER or TILL."),
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
    locale: z.enum(locales, "The languages are en, de, fr, es and ar.").optional(),
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
    brand: brand.nullable().optional(),
    admins: uniqueBy("email", admin),
    eventTypes: uniqueBy("name", eventType),
    rules: uniqueBy("name", rule),
    pointsExpiry: z
      .strictObject({ afterDays: z.int("Enter whole days.").min(1).max(36_500) })
      .nullable()
      .optional(),
    tierWindow: z
      .strictObject({ days: z.int("Enter whole days.").min(1).max(3_650) })
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

function nullableFields<Fields extends Record<string, z.ZodType>>(fields: Fields) {
  const entries = Object.entries(fields).map(([key, field]) => [key, field.nullable().optional()]);
  return Object.fromEntries(entries) as { [Key in keyof Fields]: z.ZodOptional<z.ZodNullable<Fields[Key]>> };
}
