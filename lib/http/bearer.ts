/** The bearer token of an Authorization header (RFC 6750), as it is; null where it has none: another scheme's is no bearer. */
export function bearerIn(header: string | null): string | null {
  const bearer = /^Bearer(?: +(.*))?$/i.exec(header ?? "");
  return bearer && (bearer[1] ?? "");
}
