import { privateHeaders } from "#lib/http/private-answers.ts";

const lengthMax = 2_048;
const decodingsMax = 16;
const forbiddenPaths = /^\/(?:api|v1|multi|_next)(?:\/|$)/i;

/**
 * Where a link may lead: a path of this very site. Percent-encoding is taken off until nothing changes, so that nothing
 * hides behind it; whatever is not plainly a page's path becomes `/`.
 */
export function safeRedirectPath(value: string | null, origin: string): string {
  if (!value || value.length > lengthMax) return "/";
  let current = value;
  for (let decodings = 0; decodings <= decodingsMax; decodings++) {
    if (!isHarmless(current, origin)) return "/";
    const decoded = decodeOnce(current);
    if (decoded === current) return asPath(current, origin);
    current = decoded;
  }
  return "/";
}

/** On to the page, without the token: nobody is told the address it stood in. */
export function redirectAfterActivation(path: string): Response {
  const headers = { Location: path, ...privateHeaders, "Referrer-Policy": "no-referrer" };
  return new Response(null, { status: 303, headers });
}

function isHarmless(value: string, origin: string): boolean {
  if (/[\\\p{Cc}]/u.test(value) || !value.isWellFormed()) return false;
  if (!URL.canParse(value, origin)) return false;
  const url = new URL(value, origin);
  return (
    url.origin === origin &&
    url.username === "" &&
    url.password === "" &&
    !url.pathname.startsWith("//") &&
    !forbiddenPaths.test(url.pathname) &&
    asPath(value, origin).length <= lengthMax
  );
}

function asPath(value: string, origin: string): string {
  const { pathname, search, hash } = new URL(value, origin);
  return `${pathname}${search}${hash}`;
}

/** Decodes each run of percent-encoded bytes that is valid UTF-8, and leaves what is not. */
function decodeOnce(value: string): string {
  return value.replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}
