/** What Weavr's clients send, and are sent. Fields of theirs that mean nothing here are let through. */
import { z } from "zod";

import type { Session } from "#lib/domain/sessions/session.ts";
import { name, text } from "#lib/domain/texts.ts";

const bounded = text(0, 1_024);
const password = z.looseObject({ value: bounded });

export const registrationInput = z.looseObject({
  rootUser: z.looseObject({ name: name(64), surname: name(64), email: bounded }),
  password,
});

export const loginInput = z.looseObject({ email: bounded, password });

export const passwordUpdateInput = z.looseObject({ oldPassword: password, newPassword: password });

/** The member, as what it is to a client. */
export function identityOf({ member }: Session) {
  return { type: "CONSUMER", id: member.id };
}

export function tokenJson({ token, session }: { token: string; session: Session }) {
  return {
    ...{ token, tokenType: "ACCESS", identity: identityOf(session) },
    credentials: { type: "ROOT", id: session.member.id },
  };
}
