/** What /api/auth takes and gives. */
import { z } from "zod";

import { identifier } from "#lib/domain/texts.ts";
import { lenientProfile } from "#lib/http/schemas/profile.ts";

const selector = z.strictObject(
  { authIdentifier: identifier(512) },
  "Enter an object with an authIdentifier.",
);

/** POST /api/auth. */
export const upsertSessionInput = z.strictObject({ selector, profile: lenientProfile });

/** DELETE /api/auth: one of the two. */
export const endSessionsInput = z
  .strictObject({
    selector: selector.optional(),
    session: z.string("Enter a session token.").optional(),
  })
  .refine(({ selector: member, session }) => (member === undefined) !== (session === undefined), {
    path: ["selector"],
    error: "Send either a selector, for all sessions of a member, or a session, for that one.",
  });

/** POST /api/auth/activate, as JSON from the microsite's own pages. */
export const activateInput = z.strictObject({
  session: z.string("Enter a session token."),
  framed: z.boolean("Enter true or false.").optional(),
});
