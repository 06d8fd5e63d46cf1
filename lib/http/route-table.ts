/**
 * Every address that Laurel answers: its template (which is all that a log may say of it), the methods it takes, and
 * which sites may frame it. The start script asks this table before Next sees a request; a test holds it to the files in
 * `app/`.
 */
export type Route = {
  /** With `{name}` for what varies. */
  template: string;
  methods: readonly string[];
  kind: "page" | "api" | "health";
  /** `hosts`: the tenant's host origins, where it has any. */
  framedBy: "hosts" | "nobody";
  /** A page of one thing, which may not be there: only when it is has the member done something. */
  mayBeMissing?: boolean;
};

const read = ["GET", "HEAD"];

const routes: readonly Route[] = [
  ...["/", "/card", "/rewards", "/wallet", "/activity", "/profile", "/signed-out"].map(framedPage),
  { ...framedPage("/rewards/{id}"), mayBeMissing: true },
  { ...framedPage("/wallet/{id}"), mayBeMissing: true },
  { template: "/reward", methods: read, kind: "page", framedBy: "hosts" },
  {
    template: "/api/auth",
    methods: ["GET", "HEAD", "POST", "DELETE", "OPTIONS"],
    kind: "api",
    framedBy: "hosts",
  },
  { template: "/api/auth/activate", methods: ["POST"], kind: "api", framedBy: "hosts" },
  { template: "/api/session", methods: [...read, "POST", "DELETE"], kind: "api", framedBy: "nobody" },
  { template: "/api/session/member", methods: ["DELETE"], kind: "api", framedBy: "nobody" },
  { template: "/api/session/purchases", methods: ["POST"], kind: "api", framedBy: "nobody" },
  { template: "/api/session/redemptions", methods: ["POST"], kind: "api", framedBy: "nobody" },
  { template: "/api/health/live", methods: read, kind: "health", framedBy: "nobody" },
  { template: "/api/health/ready", methods: read, kind: "health", framedBy: "nobody" },
];

const matchers = routes.map((route) => ({
  route,
  pattern: new RegExp(`^${route.template.replaceAll(/\{\w+\}/g, "[^/]+")}$`),
}));

export const routeTemplates: readonly string[] = routes.map(({ template }) => template);

/** The route of a path without its query; null where there is nothing. */
export function findRoute(path: string): Route | null {
  return matchers.find(({ pattern }) => pattern.test(path))?.route ?? null;
}

/** Whether an address that is no route is answered in JSON: programs call it, not people. */
export function isApiPath(path: string): boolean {
  return /^\/(?:api|v1|multi)(?:\/|$)/.test(path);
}

function framedPage(template: string): Route {
  return { template, methods: read, kind: "page", framedBy: "hosts" };
}
