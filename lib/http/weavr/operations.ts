/** The endpoints of Weavr's clients, described once (contract 7). */
import { z } from "zod";

import { type Operation, operation } from "#lib/http/openapi/operation.ts";
import {
  identitiesSchema,
  loginInput,
  passwordUpdateInput,
  registeredSchema,
  registrationInput,
  signedInSchema,
} from "#lib/http/weavr/schemas.ts";

const id = "0199a1de-3c2f-7b6e-9a41-5f0d8c7e2b05";
const identity = { type: "CONSUMER", id };
const token = { token: "eyJ0eXAiOiJldXQrand0IiwiYWxnIjoiUlMyNTYifQ…", tokenType: "ACCESS" };
const email = "jane.doe@example.com";
const password = { value: "a walk along the canal" };

/** In the order in which they are shown. */
export const multiOperations: readonly Operation[] = [
  operation({
    ...{ id: "registerConsumer", method: "POST", path: "/multi/consumers", tag: "End users", level: "app" },
    summary: "Sign up, which signs in",
    ...{ body: registrationInput, data: registeredSchema },
    refusals: ["account_exists", "registration_closed"],
    example: {
      body: { rootUser: { name: "Jane", surname: "Doe", email }, password },
      data: { id, ...token },
    },
  }),
  operation({
    ...{ id: "loginEndUser", method: "POST", path: "/multi/login_with_password", tag: "End users" },
    summary: "Sign in",
    ...{ level: "app", body: loginInput, data: signedInSchema },
    refusals: ["credentials_invalid", "credentials_locked"],
    example: {
      body: { email, password },
      data: { ...token, identity, credentials: { type: "ROOT", id } },
    },
  }),
  operation({
    ...{ id: "listIdentities", method: "GET", path: "/multi/identities", tag: "End users" },
    summary: "Ask whose the token is",
    ...{ level: "endUser", data: identitiesSchema },
    refusals: [],
    example: { data: { identities: [{ id: identity, name: "Jane Doe" }], count: 1, responseCount: 1 } },
  }),
  operation({
    ...{ id: "updateEndUserPassword", method: "POST", path: "/multi/passwords/update", tag: "End users" },
    summary: "Set another password",
    description: "Every other session ends.",
    ...{ level: "endUser", body: passwordUpdateInput, data: z.strictObject({}) },
    refusals: ["credentials_invalid"],
    example: { body: { oldPassword: password, newPassword: { value: "a boat on the river" } }, data: {} },
  }),
  operation({
    ...{ id: "logoutEndUser", method: "POST", path: "/multi/logout", tag: "End users", level: "endUser" },
    summary: "Sign out",
    description: "The token is dead at once.",
    refusals: [],
    example: {},
  }),
];
