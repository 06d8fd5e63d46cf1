const hostnameForm =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$|^\[[0-9a-f:.]{2,45}\]$/;

/** The Host header without its port, in lower case; null where that cannot be a host's name or address. */
export function hostnameOf(host: string): string | null {
  const hostname = host.replace(/:\d{1,5}$/, "").toLowerCase();
  return hostnameForm.test(hostname) ? hostname : null;
}

/** Names that reach this computer alone: `localhost` and what ends in it (RFC 6761), 127.0.0.0/8, `[::1]`. */
export function isLoopbackHostname(hostname: string): boolean {
  return /^(?:.+\.)?localhost$|^127\.\d+\.\d+\.\d+$|^\[?::1\]?$/.test(hostname);
}
