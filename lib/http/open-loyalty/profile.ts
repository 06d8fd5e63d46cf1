/**
 * A member's profile by Open Loyalty's names. What Laurel has no field for is kept as attributes of the member: agreements,
 * further lines of the address and the company at their own names, and `customFields` at theirs.
 */
import { z } from "zod";

import { invalidInput } from "#lib/domain/errors.ts";
import type { Attributes, NewProfile, ProfileChange } from "#lib/domain/members/profile.ts";
import { mandatoryProfileFields, optionalProfileFields } from "#lib/domain/members/profile-input.ts";
import { namingFields, notValid } from "#lib/http/open-loyalty/input.ts";
import { parseInput } from "#lib/http/schemas/parse.ts";
import { profileChange } from "#lib/http/schemas/profile.ts";
import { someObject } from "#lib/http/schemas/shapes.ts";

const optionalText = z.string("Enter a text.").nullable().optional();
const agreement = z.boolean("Enter true or false.").nullable().optional();

export const customerFields = {
  firstName: optionalText,
  lastName: optionalText,
  gender: z.enum(["male", "female", "not_disclosed", ""], notValid).nullable().optional(),
  phone: optionalText,
  birthDate: z
    .string()
    .regex(/^(?:\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})?)?)?$/, notValid)
    .nullable()
    .optional(),
  address: z
    .strictObject({
      ...{ street: optionalText, address1: optionalText, address2: optionalText, province: optionalText },
      ...{ city: optionalText, postal: optionalText, country: optionalText },
    })
    .nullable()
    .optional(),
  agreement1: agreement,
  agreement2: agreement,
  agreement3: agreement,
  company: z.strictObject({ name: optionalText, nip: optionalText }).nullable().optional(),
  customFields: someObject({ description: "Further attributes of the member; null removes one." }).optional(),
};

const customer = z.strictObject({ email: z.string().optional(), ...customerFields });
export type CustomerInput = z.output<typeof customer>;

const genders = { male: "MALE", female: "FEMALE", not_disclosed: "UNKNOWN", "": null } as const;
const agreements = ["agreement1", "agreement2", "agreement3"] as const;
const addressLines = ["address1", "address2"] as const;
const placed: readonly string[] = [...agreements, ...addressLines, "company"];

/** Which field of the client's a field of the profile came from. */
const sentAs: Readonly<Record<string, string>> = {
  profile: "customer.customFields",
  "profile.givenName": "customer.firstName",
  "profile.familyName": "customer.lastName",
  "profile.emailAddress": "customer.email",
  "profile.gender": "customer.gender",
  "profile.telephoneNumber": "customer.phone",
  "profile.birthdate": "customer.birthDate",
  "profile.streetAddress": "customer.address.street",
  "profile.region": "customer.address.province",
  "profile.city": "customer.address.city",
  "profile.postcode": "customer.address.postal",
  "profile.country": "customer.address.country",
  ...Object.fromEntries(addressLines.map((line) => [`profile.${line}`, `customer.address.${line}`])),
  ...Object.fromEntries(agreements.map((name) => [`profile.${name}`, `customer.${name}`])),
  "profile.company": "customer.company",
};

/** Says what is wrong with a profile by the client's names. */
export function namingCustomerFields<Value>(run: () => Promise<Value>): Promise<Value> {
  return namingFields(sentAs, run);
}

/** What was sent is to be set; an empty text clears. Refuses `invalid_input`. */
export async function profileChangeOf(sent: CustomerInput): Promise<ProfileChange> {
  const profile = profileFieldsOf(sent);
  return namingCustomerFields(async () => parseInput(changeInput, { profile }).profile);
}

/** The same for somebody new; a name that is left out is not known yet. */
export async function newProfileOf(sent: CustomerInput & { email: string }): Promise<NewProfile> {
  const { core, attributes } = await profileChangeOf(sent);
  return { core: { givenName: "", familyName: "", emailAddress: sent.email, ...core }, attributes };
}

const changeInput = z.strictObject({ profile: profileChange });

function profileFieldsOf(sent: CustomerInput): Record<string, unknown> {
  const { address, gender, birthDate, customFields = {} } = sent;
  for (const name of Object.keys(customFields)) {
    const isTaken = placed.includes(name) || name in mandatoryProfileFields || name in optionalProfileFields;
    if (isTaken) throw invalidInput({ [`customer.customFields.${name}`]: "This name is not allowed." });
  }
  // A name cannot be taken away, so one that is empty is one that was not sent.
  const names = { givenName: sent.firstName || undefined, familyName: sent.lastName || undefined };
  const fields: Record<string, unknown> = {
    ...{ ...customFields, ...names, emailAddress: sent.email },
    telephoneNumber: cleared(sent.phone),
    gender: gender === undefined || gender === null ? gender : genders[gender],
    birthdate: cleared(birthDate)?.slice(0, 10) ?? cleared(birthDate),
    streetAddress: cleared(address?.street),
    region: cleared(address?.province),
    city: cleared(address?.city),
    postcode: cleared(address?.postal),
    country: cleared(address?.country),
    ...Object.fromEntries(addressLines.map((line) => [line, cleared(address?.[line])])),
    ...Object.fromEntries(agreements.map((name) => [name, sent[name]])),
    company: sent.company,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function cleared(text: string | null | undefined): string | null | undefined {
  return text === "" ? null : text;
}

/** Attributes that have a place of their own in an answer, and the rest. */
export function placedAttributes(attributes: Attributes) {
  const rest = Object.entries(attributes).filter(([name]) => !placed.includes(name));
  return {
    agreements: {
      agreement1: attributes.agreement1 === true,
      agreement2: attributes.agreement2 === true,
      agreement3: attributes.agreement3 === true,
    },
    addressLines: { address1: attributes.address1 ?? null, address2: attributes.address2 ?? null },
    company: attributes.company ?? null,
    customFields: Object.fromEntries(rest),
  };
}
