import type { Tenant } from "#lib/domain/tenants/tenant.ts";

/** What every answer says to a browser, whoever asks (contract 1.5). */
export function securityHeaders(policy: {
  nonce: string;
  tenant: Tenant | null;
  framedBy: "hosts" | "nobody";
  /** Whether a form may lead on to the tenant's identity server, wherever that sends people to sign in. */
  leadsToIdentityServer: boolean;
  isDevelopment: boolean;
}): Record<string, string> {
  return {
    "Content-Security-Policy": contentSecurityPolicy(policy),
    "X-Content-Type-Options": "nosniff",
  };
}

function contentSecurityPolicy({
  nonce,
  tenant,
  framedBy,
  leadsToIdentityServer,
  isDevelopment,
}: Parameters<typeof securityHeaders>[0]): string {
  const hosts = tenant?.hostOrigins ?? [];
  const ancestors = framedBy === "hosts" && hosts.length > 0 ? hosts.join(" ") : "'none'";
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}'${isDevelopment ? " 'unsafe-eval'" : ""}`,
    "style-src 'self' 'unsafe-inline'",
    ["img-src 'self' data: https:", ...new Set([...hosts, ...originOf(tenant?.hostUrl)])].join(" "),
    "object-src 'none'",
    "base-uri 'none'",
    ["form-action 'self'", ...(leadsToIdentityServer ? identityServerSources(tenant) : [])].join(" "),
    `frame-ancestors ${ancestors}`,
  ].join("; ");
}

/** Pictures of rewards come from the company's own site, too, where that is this computer's and plain http. */
function originOf(hostUrl: string | null | undefined): string[] {
  return hostUrl ? [new URL(hostUrl).origin] : [];
}

/**
 * Browsers hold every redirect after a form to form-action, and an identity server may pass people on to another one. So
 * any https address will do, and of the others the server's own.
 */
function identityServerSources(tenant: Tenant | null): string[] {
  const { authorizationUrl, issuer } = tenant?.oauth2 ?? {};
  const address = authorizationUrl ?? issuer;
  return address ? ["https:", new URL(address).origin] : [];
}
