import { parse } from "tldts";

/** A sentence about why a microsite on these hosts cannot share cookies over `domain`, or null. */
export function problemWithCookieDomain(domain: string, hostnames: readonly string[]): string | null {
  const { isIp, publicSuffix, hostname } = parse(domain, { allowPrivateDomains: true });
  if (isIp) return "A cookie domain is a name, not an IP address.";
  if (hostname !== domain) return "Enter a domain name in lower case, such as example.com.";
  if (publicSuffix === domain) return `${domain} is a public suffix: browsers refuse cookies for all of it.`;
  if (!hostnames.some((host) => isWithin(host, domain))) {
    return `${domain} is not a parent of the microsite's host (${hostnames.join(", ")}).`;
  }
  return null;
}

/** Whether a cookie of this domain reaches this host (RFC 6265, section 5.1.3). */
export function isWithin(hostname: string, domain: string): boolean {
  return hostname === domain || hostname.endsWith(`.${domain}`);
}
