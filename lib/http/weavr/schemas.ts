/** What Weavr's clients send, and are sent. Fields of theirs that mean nothing here are let through. */
import { z } from "zod";

import type { SignedInEndUser } from "#lib/domain/accounts/sign-in-end-user.ts";
import type { Session } from "#lib/domain/sessions/session.ts";
import { name, text } from "#lib/domain/texts.ts";
import { id } from "#lib/http/schemas/shapes.ts";

const bounded = text(0, 1_024);
const password = z.looseObject({ value: bounded });

export const registrationInput = z.looseObject({
  rootUser: z.looseObject({ name: name(64), surname: name(64), email: bounded }),
  password,
});

export const loginInput = z.looseObject({ email: bounded, password });

export const passwordUpdateInput = z.looseObject({ oldPassword: password, newPassword: password });

const tokenFields = {
  token: z.string().meta({ description: "Lives five minutes from the last call that succeeded." }),
  tokenType: z.literal("ACCESS"),
};
const identitySchema = z.strictObject({ type: z.literal("CONSUMER"), id });

export const registeredSchema = z.strictObject({ id, ...tokenFields });

export const signedInSchema = z.strictObject({
  ...tokenFields,
  identity: identitySchema,
  credentials: z.strictObject({ type: z.literal("ROOT"), id }),
});

export const identitiesSchema = z.strictObject({
  identities: z.array(z.strictObject({ id: identitySchema, name: z.string() })),
  ...{ count: z.literal(1), responseCount: z.literal(1) },
});

export function registeredJson({ token, session }: SignedInEndUser): z.infer<typeof registeredSchema> {
  return { id: session.member.id, token, tokenType: "ACCESS" };
}

export function signedInJson({ token, session }: SignedInEndUser): z.infer<typeof signedInSchema> {
  return {
    ...{ token, tokenType: "ACCESS", identity: identityOf(session) },
    credentials: { type: "ROOT", id: session.member.id },
  };
}

export function identitiesJson(session: Session): z.infer<typeof identitiesSchema> {
  const { givenName, familyName } = session.member.profile;
  const identities = [{ id: identityOf(session), name: `${givenName} ${familyName}` }];
  return { identities, count: 1, responseCount: 1 };
}

/** The member, as what it is to a client. */
function identityOf({ member }: Session): z.infer<typeof identitySchema> {
  return { type: "CONSUMER", id: member.id };
}
