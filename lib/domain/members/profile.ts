/** What is known of a person. Field names are White Label Loyalty's; a null is "not known". */
export type Gender = "FEMALE" | "MALE" | "OTHER" | "UNKNOWN";

export type CoreProfile = {
  givenName: string;
  familyName: string;
  emailAddress: string;
  gender: Gender | null;
  /** YYYY-MM-DD */
  birthdate: string | null;
  country: string | null;
  city: string | null;
  postcode: string | null;
  streetAddress: string | null;
  region: string | null;
  telephoneNumber: string | null;
  pictureUrl: string | null;
};

/** Nothing is known yet. */
export const emptyProfile: CoreProfile = {
  ...{ givenName: "", familyName: "", emailAddress: "" },
  ...{ gender: null, birthdate: null, country: null, city: null, postcode: null, streetAddress: null },
  ...{ region: null, telephoneNumber: null, pictureUrl: null },
};

export type Attributes = Readonly<Record<string, unknown>>;

/** Sent fields replace, omitted ones stay, null clears; an attribute that is null is removed. */
export type ProfileChange = { core: Partial<CoreProfile>; attributes: Attributes };

/** What a new member cannot be without. */
export type NewProfile = ProfileChange & {
  core: Pick<CoreProfile, "givenName" | "familyName" | "emailAddress">;
};

export const attributesPerMemberMax = 64;
export const flagsPerMemberMax = 64;
