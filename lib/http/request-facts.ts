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

/** The path and query of the page that is being rendered, without what Next's router adds of its own. */
export function pathOf(headers: Headers): string {
  const [path = "/", query = ""] = (headers.get(ownedHeaders.path) ?? "/").split("?");
  const parameters = query.split("&").filter((each) => each !== "" && !/^_rsc(?:=|$)/.test(each));
  return parameters.length === 0 ? path : `${path}?${parameters.join("&")}`;
}
