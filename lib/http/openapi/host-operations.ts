/** The host's own door and the session behind it, as they are described (contract 2 and 3.3). */
import { z } from "zod";

import { type Operation, operation } from "#lib/http/openapi/operation.ts";
import { endSessionsInput, upsertSessionInput } from "#lib/http/schemas/auth.ts";
import { userSchema } from "#lib/http/schemas/member.ts";
import { id, moment } from "#lib/http/schemas/shapes.ts";
import { member } from "#lib/http/user-api/examples.ts";

const { accountNumber: _number, profile, ...user } = member;
const { givenName, familyName, emailAddress } = profile;
const token = "Fe26.2*1*2f7c…";

const sessionSchema = z
  .union([
    z.strictObject({ authenticated: z.literal(false) }),
    z.strictObject({
      authenticated: z.literal(true),
      member: z.strictObject({ id, givenName: z.string(), familyName: z.string() }),
      kind: z.string(),
      expiresAt: moment,
      idleExpiresAt: moment.nullable(),
      secondsRemaining: z.int().meta({ description: "Until the session ends, by either limit." }),
    }),
  ])
  .meta({ id: "Session" });

const session = {
  ...{ authenticated: true, member: { id: user.id, givenName, familyName }, kind: "embedded" },
  ...{ expiresAt: "2026-11-24T09:30:00.000Z", idleExpiresAt: null, secondsRemaining: 259_200 },
};

export const hostOperations: readonly Operation[] = [
  operation({
    ...{ id: "createSession", method: "POST", path: "/api/auth", tag: "Embedding", level: "client" },
    summary: "Make or update a member, and get a session token",
    description: "From the host's server. The token is also set as the cookies session and session_legacy.",
    body: upsertSessionInput,
    data: z.strictObject({
      user: userSchema,
      session: z.string(),
      warnings: z
        .record(z.string(), z.string())
        .optional()
        .meta({ description: "Optional fields that were wrong, and so left as they were." }),
    }),
    refusals: ["member_restricted"],
    example: {
      body: { selector: { authIdentifier: "user-42" }, profile: { givenName, familyName, emailAddress } },
      data: { user, session: token },
    },
  }),
  operation({
    ...{ id: "activateSession", method: "GET", path: "/api/auth", tag: "Embedding", level: "sessionToken" },
    summary: "Activate a session in this browser",
    description: "By a link, with the token in the query, or by a host's page, with the token as the bearer.",
    query: z.object({
      session: z.string().optional().meta({ description: "The token, in a link. It works once." }),
      redirect_path: z.string().optional().meta({ description: "The page to open; the home page else." }),
    }),
    data: z.strictObject({ user: userSchema }),
    refusals: ["cross_site_request", "member_restricted", "origin_not_allowed", "session_invalid"],
    otherAnswers: {
      204: "To a browser that only fetches ahead: the token is not spent.",
      303: "By a link: the page, with the session's cookie.",
    },
    example: { data: { user } },
  }),
  operation({
    ...{ id: "endSessions", method: "DELETE", path: "/api/auth", tag: "Embedding", level: "client" },
    summary: "Sign a member out",
    description: "Of all sessions, by the selector, or of the one that a token names.",
    body: endSessionsInput,
    data: z.strictObject({ endedSessions: z.int() }),
    refusals: [],
    example: { body: { selector: { authIdentifier: "user-42" } }, data: { endedSessions: 2 } },
  }),
  operation({
    ...{ id: "getSession", method: "GET", path: "/api/session", tag: "Embedding", level: "cookie" },
    summary: "Ask who is signed in in this browser",
    data: sessionSchema,
    refusals: [],
    example: { data: session },
  }),
  operation({
    ...{ id: "extendSession", method: "POST", path: "/api/session", tag: "Embedding", level: "cookie" },
    summary: "Say that the person is still here",
    data: sessionSchema,
    refusals: ["cross_site_request", "session_invalid"],
    example: { data: session },
  }),
];
