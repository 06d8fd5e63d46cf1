/** What an identity server says of a person, as a member's profile: which claim stands for which field. */
import type { NewProfile } from "#lib/domain/members/profile.ts";
import {
  mandatoryProfileFields,
  type OptionalProfileField,
  optionalProfileFields,
  problemWithAttribute,
} from "#lib/domain/members/profile-input.ts";
import { identifier } from "#lib/domain/texts.ts";

export type Claims = Readonly<Record<string, unknown>>;

/** OpenID Connect Core, section 5.1; a dot leads into an object. A tenant's own mapping goes over it. */
const standardClaims: Readonly<Record<string, string>> = {
  authIdentifier: "sub",
  givenName: "given_name",
  familyName: "family_name",
  emailAddress: "email",
  gender: "gender",
  birthdate: "birthdate",
  pictureUrl: "picture",
  telephoneNumber: "phone_number",
  streetAddress: "address.street_address",
  city: "address.locality",
  region: "address.region",
  postcode: "address.postal_code",
  country: "address.country",
};

const genders: Readonly<Record<string, string>> = { female: "FEMALE", male: "MALE", other: "OTHER" };

export type ClaimedMember = { authIdentifier: string; profile: NewProfile };

/** The claims that are missing or will not do for a member, by their names. */
export class ClaimsIncomplete extends Error {
  override readonly name = "ClaimsIncomplete";
  readonly claims: readonly string[];

  constructor(claims: readonly string[]) {
    super(`These claims are missing or will not do: ${claims.join(", ")}.`);
    this.claims = claims;
  }
}

/**
 * The member that claims describe. What is optional and will not do is passed over, as is what is not there: it keeps
 * nobody out, and the profile stays as it was. Throws ClaimsIncomplete for what no member can be without.
 */
export function memberFromClaims(claims: Claims, mapping: Readonly<Record<string, string>>): ClaimedMember {
  const mapped = { ...standardClaims, ...mapping };
  const core: Record<string, unknown> = {};
  const attributes: Record<string, unknown> = {};
  const missing: string[] = [];

  const authIdentifier = asText(valueAt(claims, mapped.authIdentifier ?? "sub"));
  if (!identifier(512).safeParse(authIdentifier).success) missing.push(mapped.authIdentifier ?? "sub");
  for (const [field, claim] of Object.entries(mapped)) {
    if (field === "authIdentifier") continue;
    const value = valueAt(claims, claim);
    if (Object.hasOwn(mandatoryProfileFields, field)) {
      const schema = mandatoryProfileFields[field as keyof typeof mandatoryProfileFields];
      const parsed = schema.safeParse(value ?? partOfName(field, claims));
      if (parsed.success) core[field] = parsed.data;
      else missing.push(claim);
    } else if (Object.hasOwn(optionalProfileFields, field)) {
      const schema = optionalProfileFields[field as OptionalProfileField];
      const parsed = schema.safeParse(field === "gender" ? genderOf(value) : value);
      if (parsed.success) core[field] = parsed.data;
    } else if (value !== undefined && problemWithAttribute(field, value) === null) {
      attributes[field] = value;
    }
  }
  if (missing.length > 0) throw new ClaimsIncomplete(missing);
  return {
    authIdentifier: authIdentifier as string,
    profile: { core: core as NewProfile["core"], attributes },
  };
}

/** A sentence about what is wrong with a tenant's mapping, or null. */
export function problemWithClaimsField(field: string): string | null {
  if (Object.hasOwn(standardClaims, field)) return null;
  return problemWithAttribute(field, null);
}

/** Some servers know only a whole name: its first word is what a person is called by, the rest the family's. */
function partOfName(field: string, claims: Claims): unknown {
  const words = typeof claims.name === "string" ? claims.name.trim().split(/\s+/) : [];
  if (words.length < 2) return undefined;
  if (field === "givenName") return words[0];
  return field === "familyName" ? words.slice(1).join(" ") : undefined;
}

function genderOf(value: unknown): unknown {
  return typeof value === "string" ? genders[value.toLowerCase()] : undefined;
}

/** Some servers, which speak plain OAuth2, number their people. */
function asText(value: unknown): unknown {
  return Number.isSafeInteger(value) ? String(value) : value;
}

/** Null is as good as not there (OpenID Connect Core 5.3.2). */
function valueAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path] ?? undefined; // names with dots in them, such as https://example.com/id
  let value: unknown = claims;
  for (const part of path.split(".")) {
    const isObject = typeof value === "object" && value !== null && Object.hasOwn(value, part);
    value = isObject ? (value as Record<string, unknown>)[part] : undefined;
  }
  return value ?? undefined;
}
