/** Which addresses may be asked that somebody outside chose: public ones, and this computer's own where that is allowed. */
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

import { OutsideFailure } from "#lib/clients/outside-failure.ts";
import { env } from "#lib/config/env.ts";

// Where other protocols listen: a request sent there may be taken for one of theirs (SMTP and Redis read it line by line).
const foreignPorts = new Set([
  ...[1433, 1521, 2049, 2375, 2376, 2379, 3306, 3389, 5432, 5672, 6379, 6667],
  ...[9042, 9092, 9200, 11211, 27017],
]);

// Metadata services outside the ranges that are special already: Azure's.
const metadataAddresses = new Set(["168.63.129.16"]);
const globalIPv6 = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * What is wrong with an address that somebody wants to have fetched from, as far as it shows before anything is connected
 * to; null where nothing is. This computer's own addresses are left to the moment of fetching: whether they may be asked is
 * the process's setting, not the address's fault.
 */
export function problemWithOutsideUrl(url: string): string | null {
  try {
    targetOf(url, true);
    return null;
  } catch (error) {
    if (!(error instanceof OutsideFailure)) throw error;
    return error.message;
  }
}

/** Whether an IP address is one of the public internet: of a host, not of a network's inside or of a special use. */
export function isPublicAddress(address: string): boolean {
  const parsed = parseAddress(address);
  if (!parsed || metadataAddresses.has(parsed.toString()) || parsed.range() !== "unicast") return false;
  // Everything else that wraps an IPv4 address, and whatever is not given out yet, lies outside 2000::/3 or has a range.
  return parsed instanceof ipaddr.IPv4 || parsed.match(globalIPv6);
}

/** An IPv4 address that is written as ::ffff:a.b.c.d counts as what it is. */
function parseAddress(address: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  // ipaddr.js takes ::a.b.c.d for the same, but the socket does not: that was a way to tunnel, and is nowhere now.
  if (isIP(address) === 0 || /^::\d+\./.test(address)) return null;
  return ipaddr.process(address);
}

export type Target = URL & { protocol: "http:" | "https:" };

/** The address as it may be asked, as far as it shows; else an OutsideFailure. Names are looked at when they are resolved. */
export function targetOf(url: string, mayBeLoopback = env().ALLOW_LOOPBACK_URLS): Target {
  const target = URL.parse(url);
  if (!target) throw new OutsideFailure("url", "The address is not a URL.");
  if (!hasKnownProtocol(target, mayBeLoopback))
    throw new OutsideFailure("url", "The address is not an https address (http is for loopback only).");
  if (target.username !== "" || target.password !== "")
    throw new OutsideFailure("url", "The address holds a user name or a password.");

  const port = Number(target.port || (target.protocol === "https:" ? 443 : 80));
  if ((port < 1024 && port !== 80 && port !== 443) || foreignPorts.has(port))
    throw new OutsideFailure("url", `Port ${port} belongs to another protocol.`);

  const host = target.hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0 && !mayConnect(target, host, mayBeLoopback)) throw addressRefused(); // such a host is never looked up
  return target;
}

function hasKnownProtocol(target: URL, mayBeLoopback: boolean): target is Target {
  return target.protocol === "https:" || (target.protocol === "http:" && mayBeLoopback);
}

/** Whether a socket may go to this IP address for this target. */
export function mayConnect(
  target: Target,
  address: string,
  mayBeLoopback = env().ALLOW_LOOPBACK_URLS,
): boolean {
  if (isLoopback(address)) return mayBeLoopback;
  return target.protocol === "https:" && isPublicAddress(address);
}

function isLoopback(address: string): boolean {
  return parseAddress(address)?.range() === "loopback";
}

export function addressRefused(): OutsideFailure {
  return new OutsideFailure("address", "The host's address is not a public one.");
}
