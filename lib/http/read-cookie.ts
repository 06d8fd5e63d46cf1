/** The value of a cookie; null where it is not there. */
export function readCookie(headers: Headers, name: string): string | null {
  const pair = (headers.get("cookie") ?? "").split(";").find((each) => each.trim().startsWith(`${name}=`));
  return pair === undefined ? null : decodedCookie(pair.slice(pair.indexOf("=") + 1).trim());
}

/** Some hosts' languages percent-encode a cookie's value when they set it. */
export function decodedCookie(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
