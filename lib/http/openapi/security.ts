/** What a caller shows of itself, by whom an operation is for. */
import type { AnyLevel } from "#lib/http/openapi/operation.ts";

export const securitySchemes = {
  apiKey: { type: "apiKey", in: "header", name: "X-Api-Key", description: "Names the programme." },
  userToken: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "A user access token of the programme's own identity provider (RS256 or HS256).",
  },
  eventTypeSecret: { type: "http", scheme: "bearer", description: "The secret of an event type." },
  clientId: {
    type: "apiKey",
    in: "header",
    name: "X-Client-ID",
    description: "A secret of the host's server.",
  },
  sessionToken: {
    type: "http",
    scheme: "bearer",
    description: "A session token that POST /api/auth has made, sent from a page of a host origin.",
  },
  sessionCookie: {
    type: "apiKey",
    in: "cookie",
    name: "session",
    description: "The microsite's own session.",
  },
  adminToken: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "An admin's token, which POST /api/admin/login_check gives out.",
  },
  memberToken: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "A member's token, which POST /api/{storeCode}/member/login_check gives out.",
  },
  adminApiKey: {
    type: "apiKey",
    in: "header",
    name: "X-AUTH-TOKEN",
    description: "An admin API key of the programme, in place of an admin's token.",
  },
  multiApiKey: {
    type: "apiKey",
    in: "header",
    name: "api-key",
    description: "Names the programme; `X-Api-Key` does, too.",
  },
  endUserToken: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description:
      "An end user's token, which POST /multi/login_with_password gives out. On /v1 it is a user's.",
  },
} as const;

type Security = Partial<Record<keyof typeof securitySchemes, string[]>>;

const onlyKey: Security = { apiKey: [] };
const user: Security = { apiKey: [], userToken: [] };
const server: Security = { apiKey: [], eventTypeSecret: [] };
const admin: Security = { apiKey: [], adminToken: [] };
const nobody: Security = {};
const storeAdmin: Security[] = [{ adminToken: [] }, { adminApiKey: [] }];

/** Each of a list will do. */
export const securityByLevel: Record<AnyLevel, Security[]> = {
  anonymous: [onlyKey],
  optionalUser: [onlyKey, user],
  user: [user],
  admin: [admin],
  reporter: [user, server, admin],
  batchReporter: [server, admin],
  till: [onlyKey, admin],
  client: [{ clientId: [] }],
  sessionToken: [{ sessionToken: [] }, nobody],
  cookie: [{ sessionCookie: [] }],
  deployment: [nobody],
  store: [nobody],
  tokenHolder: [{ memberToken: [] }, { adminToken: [] }],
  storeMember: [{ memberToken: [] }],
  storeAdmin,
  storeCaller: [{ memberToken: [] }, ...storeAdmin],
  app: [{ multiApiKey: [] }],
  endUser: [{ multiApiKey: [], endUserToken: [] }],
};
