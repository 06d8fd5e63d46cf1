/**
 * Every address that Laurel answers: its template (which is all that a log may say of it), the methods it takes, and
 * which sites may frame it. The start script asks this table before Next sees a request; a test holds it to the files in
 * `app/`.
 */
import { hasAccounts } from "#lib/domain/accounts/account.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

export type Route = {
  /** With `{name}` for what varies. */
  template: string;
  methods: readonly string[];
  /** `userApi`: the tenant is its key's or its path's, not the host's; `deployment`: it is no tenant's. */
  kind: "page" | "api" | "userApi" | "deployment";
  /** `hosts`: the tenant's host origins, where it has any. */
  framedBy: "hosts" | "nobody";
  /** A member's own page: opening it is something the member does. */
  isMembers?: boolean;
  /** A page of one thing, which may not be there: only when it is has the member done something. */
  mayBeMissing?: boolean;
  /** A page whose form leads on to the tenant's identity server. */
  leadsToIdentityServer?: boolean;
  /**
   * The way of signing in that it belongs to: in programmes with another there is nothing at this address, but for who holds
   * a link of a mail that works.
   */
  signInBy?: "interactive" | "accounts";
  /** Of the user API's kind, but answered by Next: it writes mails, which are React's. */
  needsNext?: boolean;
  /** The same for everybody, so that caches may keep it. */
  isPublic?: boolean;
  /** There is nothing at this address but where the sources are served as they are edited. */
  isForDevelopment?: boolean;
};

const read = ["GET", "HEAD"];
const write = ["POST"];

const routes: readonly Route[] = [
  ...["/", "/card", "/rewards", "/wallet", "/activity", "/profile"].map(membersPage),
  { ...membersPage("/rewards/{rewardId}"), mayBeMissing: true },
  { ...membersPage("/wallet/{benefitId}"), mayBeMissing: true },
  { template: "/signed-out", methods: read, kind: "page", framedBy: "hosts" },
  { template: "/offline", methods: read, kind: "page", framedBy: "hosts" },
  { ...ownPage("/login"), leadsToIdentityServer: true, signInBy: "interactive" },
  ...["/signup", "/forgot-password", "/reset-password", "/confirm-email"].map(
    (template): Route => ({ ...ownPage(template), signInBy: "accounts" }),
  ),
  { template: "/reward", methods: read, kind: "page", framedBy: "hosts" },
  {
    template: "/api/auth",
    methods: ["GET", "HEAD", "POST", "DELETE", "OPTIONS"],
    kind: "api",
    framedBy: "hosts",
  },
  { template: "/api/auth/activate", methods: ["POST"], kind: "api", framedBy: "hosts" },
  // Interactive sign-in: those of next-auth, and those beside it.
  ...[
    "/api/auth/signin",
    "/api/auth/error",
    "/api/auth/session",
    "/api/auth/csrf",
    "/api/auth/providers",
  ].map((template) => signInApi(template, read)),
  signInApi("/api/auth/signin/idp", [...read, "POST"]),
  signInApi("/api/auth/callback/idp", ["GET"]), // its effect is no HEAD's
  signInApi("/api/auth/callback/credentials", write, "accounts"),
  signInApi("/api/auth/signout", write),
  signInApi("/api/auth/backchannel-logout", write),
  ...[
    "",
    "/confirmation",
    "/confirmation-mail",
    "/email",
    "/password",
    "/password-reset",
    "/password-reset-mail",
  ].map((path) => signInApi(`/api/auth/account${path}`, write, "accounts")),
  { template: "/api/session", methods: [...read, "POST", "DELETE"], kind: "api", framedBy: "nobody" },
  { template: "/api/session/theme", methods: ["PUT"], kind: "api", framedBy: "nobody" },
  { template: "/api/session/offline-copy", methods: read, kind: "api", framedBy: "nobody" },
  { template: "/api/session/member", methods: ["PATCH", "DELETE"], kind: "api", framedBy: "nobody" },
  { template: "/api/session/member/export", methods: read, kind: "api", framedBy: "nobody" },
  { template: "/api/session/others/{id}", methods: ["DELETE"], kind: "api", framedBy: "nobody" },
  { template: "/api/session/everywhere", methods: ["DELETE"], kind: "api", framedBy: "nobody" },
  { template: "/api/session/purchases", methods: ["POST"], kind: "api", framedBy: "nobody" },
  { template: "/api/session/redemptions", methods: ["POST"], kind: "api", framedBy: "nobody" },
  ...[
    userApi("/v1/rewards", read),
    userApi("/v1/rewards/{id}", read),
    userApi("/v1/reward_categories", read),
    userApi("/v1/reward_categories/{id}/rewards", read),
    userApi("/v1/tiers", read),
    userApi("/v1/users", [...read, "POST"]),
    userApi("/v1/users/me", [...read, "PATCH"]),
    userApi("/v1/users/me/wallet", read),
    userApi("/v1/users/me/wallet/predictions", read),
    userApi("/v1/users/{id}", [...read, "PATCH", "DELETE"]),
    userApi("/v1/users/{id}/wallet", read),
    userApi("/v1/events", [...read, "POST"]),
    userApi("/v1/events/batch", write),
    userApi("/v1/events/{id}", read),
    userApi("/v1/benefits", read),
    userApi("/v1/benefits/{id}", read),
    userApi("/v1/commands/purchase_reward", write),
    userApi("/v1/commands/redeem_benefit", write),
    userApi("/v1/commands/validate_voucher", write),
    userApi("/v1/commands/adjust_points", write),
    userApi("/v1/commands/reverse_event", write),
    userApi("/v1/commands/cancel_benefit", write),
    { ...userApi("/v1/openapi.json", read), isPublic: true },
  ],
  // Clients of Open Loyalty, and of Weavr.
  ...[
    userApi("/api/admin/login_check", write),
    userApi("/api/token/refresh", write),
    userApi("/api/token/revoke", ["GET"]), // its effect is no HEAD's
    userApi("/api/{storeCode}/member/login_check", write),
    userApi("/api/{storeCode}/token/refresh", write),
    { ...userApi("/api/{storeCode}/member/register", write), needsNext: true },
    { ...userApi("/api/{storeCode}/member/password", ["PUT"]), needsNext: true },
    { ...userApi("/api/{storeCode}/member/password/reset/request", write), needsNext: true },
    { ...userApi("/api/{storeCode}/member/password/reset", write), needsNext: true },
    userApi("/api/{storeCode}/member/reward", read),
    userApi("/api/{storeCode}/member/reward/bought", read),
    userApi("/api/{storeCode}/member/{member}/reward/redeem", write),
    userApi("/api/{storeCode}/reward/{reward}/buy", write),
    userApi("/api/{storeCode}/member/points", read),
    userApi("/api/{storeCode}/member/tier", read),
    userApi("/api/{storeCode}/member/{member}/history", read),
    userApi("/api/{storeCode}/member/{member}/campaign", read),
    userApi("/api/{storeCode}/member", [...read, "POST"]),
    userApi("/api/{storeCode}/member/{member}/activate", write),
    userApi("/api/{storeCode}/member/{member}/deactivate", write),
    userApi("/api/{storeCode}/points/add", write),
    userApi("/api/{storeCode}/points/spend", write),
    userApi("/api/{storeCode}/customEvent", write),
    userApi("/api/{storeCode}/transaction", [...read, "POST"]),
    userApi("/api/{storeCode}/transaction/{transaction}", read),
    userApi("/api/{storeCode}/member/{member}", [...read, "PUT"]),
    userApi("/api/{storeCode}/member/{member}/status", read),
    userApi("/api/{storeCode}/member/{member}/wallet", read),
    { ...userApi("/multi/consumers", write), needsNext: true },
    userApi("/multi/login_with_password", write),
    userApi("/multi/identities", read),
    { ...userApi("/multi/passwords/update", write), needsNext: true },
    userApi("/multi/logout", write),
  ],
  {
    template: "/.well-known/jwks.json",
    methods: read,
    kind: "deployment",
    framedBy: "nobody",
    isPublic: true,
  },
  // The installed app's.
  { template: "/manifest.webmanifest", methods: read, kind: "page", framedBy: "nobody", isPublic: true },
  { template: "/pwa/{id}", methods: read, kind: "page", framedBy: "nobody", isPublic: true },
  { template: "/serwist/{path}", methods: read, kind: "deployment", framedBy: "nobody", isPublic: true },
  { template: "/docs", methods: read, kind: "page", framedBy: "nobody" },
  { template: "/design", methods: read, kind: "deployment", framedBy: "nobody", isForDevelopment: true },
  { template: "/docs/scalar.js", methods: read, kind: "page", framedBy: "nobody", isPublic: true },
  { template: "/api/health/live", methods: read, kind: "deployment", framedBy: "nobody" },
  { template: "/api/health/ready", methods: read, kind: "deployment", framedBy: "nobody" },
];

// No store has such a code, and what is below these is not Open Loyalty's.
const noStoreCode = "(?!(?:admin|auth|health|session|token)/)";

const fixed = new Map(routes.map((route) => [route.template, route]));
const varying = routes
  .filter(({ template }) => template.includes("{"))
  .map((route) => ({
    route,
    pattern: patternOf(route.template),
  }));

function patternOf(template: string): RegExp {
  const named = template.replace("{storeCode}", `${noStoreCode}[^/]+`);
  return new RegExp(`^${named.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
}

/** The addresses of the APIs that other programs call, whatever the host. */
export const userApiRoutes: readonly Route[] = routes.filter(({ kind }) => kind === "userApi");

export const routeTemplates: readonly string[] = routes.map(({ template }) => template);

/** The route of a path without its query; null where there is nothing. A fixed path wins over one that varies. */
export function findRoute(path: string): Route | null {
  return fixed.get(path) ?? varying.find(({ pattern }) => pattern.test(path))?.route ?? null;
}

/** Whether a programme has what is at an address. */
export function isRouteOf({ signInBy }: Route, tenant: Tenant): boolean {
  if (signInBy === undefined) return true;
  return signInBy === "accounts" ? hasAccounts(tenant) : tenant.authMode === "interactive";
}

/** Whether an address that is no route is answered in JSON: programs call it, not people. */
export function isApiPath(path: string): boolean {
  return /^\/(?:api|v1|multi)(?:\/|$)/.test(path);
}

function membersPage(template: string): Route {
  return { template, methods: read, kind: "page", framedBy: "hosts", isMembers: true };
}

function ownPage(template: string): Route {
  return { template, methods: read, kind: "page", framedBy: "nobody" };
}

function signInApi(
  template: string,
  methods: readonly string[],
  signInBy: Route["signInBy"] = "interactive",
): Route {
  return { template, methods, kind: "api", framedBy: "nobody", signInBy };
}

/** A preflight may come to each; the start script answers it, from this table. */
function userApi(template: string, methods: readonly string[]): Route {
  return { template, methods: [...methods, "OPTIONS"], kind: "userApi", framedBy: "nobody" };
}
