/**
 * What the start script found out about a request and hands on in headers that no caller can set: it drops theirs first.
 */
export const ownedHeaders = {
  clientAddress: "x-laurel-client-address",
  nonce: "x-laurel-nonce",
  path: "x-laurel-path",
} as const;

/** The address a limiter counts by: the connection's, or what a trusted proxy says. */
export function clientAddressOf(headers: Headers): string {
  return headers.get(ownedHeaders.clientAddress) ?? "unknown";
}

/** The nonce that scripts of this answer may carry. */
export function nonceOf(headers: Headers): string {
  return headers.get(ownedHeaders.nonce) ?? "";
}

export function hostOf(headers: Headers): string {
  return headers.get("host") ?? "";
}

// What Next's router adds to the addresses that it asks for.
const routersParameter = /^_rsc(?:=|$)/;

/** The path and query of the page that is being rendered, without what Next's router adds of its own. */
export function pathOf(headers: Headers): string {
  const { path, parameters } = sentPathOf(headers);
  const own = parameters.filter((each) => !routersParameter.test(each));
  return own.length === 0 ? path : `${path}?${own.join("&")}`;
}

/**
 * Whether Next's router renews a page where it stands: it is asked for from itself. Pages do that when the wallet has
 * changed, with nobody there perhaps; where a person's doing leads to it, what they did has counted.
 */
export function isRefresh(headers: Headers): boolean {
  const referrer = headers.get("referer");
  if (referrer === null || !URL.canParse(referrer)) return false;
  if (!sentPathOf(headers).parameters.some((each) => routersParameter.test(each))) return false;
  const { pathname, search } = new URL(referrer);
  return `${pathname}${search}` === pathOf(headers);
}

function sentPathOf(headers: Headers) {
  const [path = "/", ...rest] = (headers.get(ownedHeaders.path) ?? "/").split("?");
  const query = rest.join("?"); // which may hold more of them
  return { path, parameters: query.split("&").filter((each) => each !== "") };
}

/** A browser that fetches ahead, or Next's own prefetch of a link. */
export function isPrefetch(requestHeaders: Headers): boolean {
  const purpose = `${requestHeaders.get("sec-purpose") ?? ""} ${requestHeaders.get("purpose") ?? ""}`;
  return purpose.includes("prefetch") || requestHeaders.has("next-router-prefetch");
}
