import type { MemberRow } from "#lib/db/members.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { type Locale, localeOf } from "#lib/domain/locales.ts";
import type { Attributes, CoreProfile, Gender } from "#lib/domain/members/profile.ts";

/** A person in a programme. */
export type Member = {
  id: MemberId;
  authIdentifier: string;
  externalIdentifier: string;
  accountNumber: string;
  isRestricted: boolean;
  flags: Readonly<Record<string, boolean>>;
  profile: CoreProfile;
  /** The language that the member chose; null leaves it to the browser. */
  locale: Locale | null;
  attributes: Attributes;
  createdAt: Date;
  updatedAt: Date;
};

/** Refuses the row of a deleted member: there is no person behind it any more. */
export function memberOf(row: MemberRow): Member {
  const { authIdentifier, givenName, familyName, emailAddress } = row;
  if (authIdentifier === null || givenName === null || familyName === null || emailAddress === null) {
    throw new Error("A deleted member has no profile to show.");
  }
  return {
    id: row.id as MemberId,
    authIdentifier,
    externalIdentifier: row.externalIdentifier ?? authIdentifier,
    accountNumber: row.accountNumber,
    isRestricted: row.isRestricted,
    flags: { ...row.flags, genderProvided: row.gender !== null },
    profile: {
      givenName,
      familyName,
      emailAddress,
      gender: row.gender as Gender | null,
      birthdate: row.birthdate,
      country: row.country,
      city: row.city,
      postcode: row.postcode,
      streetAddress: row.streetAddress,
      region: row.region,
      telephoneNumber: row.telephoneNumber,
      pictureUrl: row.pictureUrl,
    },
    locale: localeOf(row.locale),
    attributes: row.attributes,
    createdAt: new Date(row.createdAt),
    updatedAt: new Date(row.updatedAt),
  };
}
