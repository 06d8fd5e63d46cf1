import type { Tenant } from "#lib/domain/tenants/tenant.ts";

/** What every answer says to a browser, whoever asks (contract 1.5). */
export function securityHeaders(policy: {
  nonce: string;
  tenant: Tenant | null;
  framedBy: "hosts" | "nobody";
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
  isDevelopment,
}: Parameters<typeof securityHeaders>[0]): string {
  const hosts = tenant?.hostOrigins ?? [];
  const ancestors = framedBy === "hosts" && hosts.length > 0 ? hosts.join(" ") : "'none'";
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}'${isDevelopment ? " 'unsafe-eval'" : ""}`,
    "style-src 'self' 'unsafe-inline'",
    ["img-src 'self' data: https:", ...hosts].join(" "),
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    `frame-ancestors ${ancestors}`,
  ].join("; ");
}
