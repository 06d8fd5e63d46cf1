/** A member, as answers show it and as admins and members change it. */
import { z } from "zod";

import { locales } from "#lib/domain/locales.ts";
import type { Member } from "#lib/domain/members/member.ts";
import { dangerousKeys } from "#lib/domain/members/profile-input.ts";
import { identifier } from "#lib/domain/texts.ts";
import { newProfile, profileChange } from "#lib/http/schemas/profile.ts";
import { id, moment } from "#lib/http/schemas/shapes.ts";

const userFields = {
  id,
  authIdentifier: z.string().meta({ example: "user-42" }),
  externalIdentifier: z.string().meta({ example: "user-42" }),
  isRestricted: z.boolean(),
  createdAt: moment,
  updatedAt: moment,
  flags: z.record(z.string(), z.boolean()).meta({ example: { genderProvided: true } }),
};

export const userSchema = z.strictObject(userFields).meta({ id: "User" });

const optionalText = z.string().nullable();

export const memberSchema = z
  .strictObject({
    ...userFields,
    accountNumber: z.string().meta({ description: "Seven digits.", example: "4711815" }),
    profile: z.strictObject({
      givenName: z.string(),
      familyName: z.string(),
      emailAddress: z.string(),
      gender: z.enum(["FEMALE", "MALE", "OTHER", "UNKNOWN"]).nullable(),
      birthdate: optionalText,
      country: optionalText,
      city: optionalText,
      postcode: optionalText,
      streetAddress: optionalText,
      region: optionalText,
      telephoneNumber: optionalText,
      pictureUrl: optionalText,
      attributes: z.record(z.string(), z.unknown()),
    }),
  })
  .meta({ id: "Member" });

/** The `user` of an answer: named fields only, never a database row. */
export function userJson(member: Member): z.infer<typeof userSchema> {
  return {
    id: member.id,
    authIdentifier: member.authIdentifier,
    externalIdentifier: member.externalIdentifier,
    isRestricted: member.isRestricted,
    createdAt: member.createdAt.toISOString(),
    updatedAt: member.updatedAt.toISOString(),
    flags: member.flags,
  };
}

/** The same with all that is known of the person. */
export function memberJson(member: Member): z.infer<typeof memberSchema> {
  const { profile, attributes, accountNumber } = member;
  return {
    ...userJson(member),
    accountNumber,
    profile: {
      givenName: profile.givenName,
      familyName: profile.familyName,
      emailAddress: profile.emailAddress,
      gender: profile.gender,
      birthdate: profile.birthdate,
      country: profile.country,
      city: profile.city,
      postcode: profile.postcode,
      streetAddress: profile.streetAddress,
      region: profile.region,
      telephoneNumber: profile.telephoneNumber,
      pictureUrl: profile.pictureUrl,
      attributes,
    },
  };
}

/** PATCH /v1/users/me. */
export const ownChangeInput = z.strictObject({ profile: profileChange });

/** PATCH /api/session/member, from the microsite's own pages: a language of null leaves it to the browser. */
export const ownPageChangeInput = z
  .strictObject({
    profile: profileChange.optional(),
    locale: z
      .enum(locales, "Enter one of en, de, fr, es and ar, or null for the browser's.")
      .nullable()
      .optional(),
  })
  .refine(({ profile, locale }) => profile !== undefined || locale !== undefined, {
    path: ["profile"],
    error: "Send a profile, a locale, or both.",
  });

/** POST /v1/users. */
export const newMemberInput = z.strictObject({ authIdentifier: identifier(512), profile: newProfile });

const flagName = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/,
    "Name a flag with a letter, then up to 63 letters, digits, dots, dashes or underscores.",
  )
  .refine((name) => name !== "genderProvided", "This flag is worked out from the profile.");

const flags = z
  .unknown()
  .check(({ value, issues }) => {
    // A record would pass them over.
    const found = dangerousKeys.filter((key) => Object.hasOwn(Object(value), key));
    for (const key of found) {
      issues.push({ code: "custom", path: [key], message: "This name is not allowed.", input: value });
    }
  })
  .pipe(z.record(flagName, z.boolean("Enter true, false, or null to remove it.").nullable()))
  .meta({
    override: {
      ...{ type: "object", additionalProperties: { type: ["boolean", "null"] } },
      ...{ example: { isStaff: true }, description: "Set by name; null removes." },
    },
  });

/** PATCH /v1/users/{id}. */
export const memberChangeInput = z.strictObject({
  profile: profileChange.optional(),
  flags: flags.optional(),
  isRestricted: z.boolean("Enter true or false.").optional(),
  externalIdentifier: identifier(512)
    .nullable()
    .optional()
    .meta({ description: "Null: the authIdentifier stands for it again." }),
  authIdentifier: identifier(512).optional().meta({ description: "Changing it ends the member's sessions." }),
});
