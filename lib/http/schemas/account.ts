/** What the endpoints of Laurel accounts take. Whether a text is an address or a good password, the domain says. */
import { z } from "zod";

import { name, text } from "#lib/domain/texts.ts";

const bounded = text(0, 1_024);

export const registerInput = z.strictObject({
  givenName: name(64),
  familyName: name(64),
  emailAddress: bounded,
  password: bounded,
});

/** `password` where the browser is no proof of whose link it is. */
export const confirmationInput = z.strictObject({ token: bounded, password: bounded.optional() });

export const mailInput = z.strictObject({ emailAddress: bounded });

export const resetInput = z.strictObject({ token: bounded, password: bounded });

export const passwordChangeInput = z.strictObject({ currentPassword: bounded, newPassword: bounded });

export const leavingInput = z.strictObject({ currentPassword: bounded });

export const emailChangeInput = z.strictObject({ currentPassword: bounded, newEmailAddress: bounded });
