/** Who has an account at Demo ID, and what it knows of them, in OpenID Connect's words. Plainly demo people. */
export type Person = {
  sub: string;
  given_name: string;
  family_name: string;
  email: string;
  email_verified: boolean;
  locale: string;
  birthdate?: string;
  gender?: string;
  phone_number?: string;
  phone_number_verified?: boolean;
  address?: { street_address: string; locality: string; postal_code: string; country: string };
};

export const people: readonly Person[] = [
  {
    sub: "member-dora",
    given_name: "Dora",
    family_name: "Demo",
    email: "dora@demo.example",
    email_verified: true,
    locale: "en-GB",
    birthdate: "1990-12-03",
    gender: "female",
    phone_number: "+442079460018", // of the range that is kept free for stories
    phone_number_verified: true,
    address: {
      street_address: "1 Example Street",
      locality: "Leeds",
      postal_code: "ZZ99 9ZZ",
      country: "GB",
    },
  },
  {
    sub: "member-emil",
    given_name: "Emil",
    family_name: "Demo",
    email: "emil@demo.example",
    email_verified: false,
    locale: "de-DE",
  },
  {
    sub: "member-fay",
    given_name: "Fay",
    family_name: "Demo",
    email: "fay@demo.example",
    email_verified: true,
    locale: "fr-FR",
  },
];

/** What sets each apart, for whoever tries the demo. */
export function describePerson({ email_verified, address }: Person): string {
  if (!email_verified) return "Has not confirmed the e-mail address yet.";
  return address ? "Has told everything: address, birthday, phone." : "Has told no more than is needed.";
}

export function nameOf({ given_name, family_name }: Person): string {
  return `${given_name} ${family_name}`;
}

export function findPerson(sub: string | null | undefined): Person | null {
  return people.find((person) => person.sub === sub) ?? null;
}
