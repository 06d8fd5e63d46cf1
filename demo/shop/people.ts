/** Who can sign in at the demo's shop. Plainly demo people. */
export type Person = {
  /** How the shop knows them, and so their authIdentifier at Laurel. */
  id: string;
  givenName: string;
  familyName: string;
  emailAddress: string;
  about: string;
};

export const people: readonly Person[] = [
  {
    id: "demo-ada",
    givenName: "Ada",
    familyName: "Demo",
    emailAddress: "ada@demo.example",
    about: "A regular for months, with points to spend.",
  },
  {
    id: "demo-ben",
    givenName: "Ben",
    familyName: "Demo",
    emailAddress: "ben@demo.example",
    about: "Comes now and then, and saves up.",
  },
  {
    id: "demo-chloe",
    givenName: "Chloé",
    familyName: "Demo",
    emailAddress: "chloe@demo.example",
    about: "Joined yesterday.",
  },
];
