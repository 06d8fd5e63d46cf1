import fc from "fast-check";
import { expect, test } from "vitest";

import { safeRedirectPath } from "#lib/http/redirect-path.ts";
import { hostilePaths, ownOrigin as origin } from "#tests/support/hostile-paths.ts";

// Goal: a link's redirect_path never leaves the site and never reaches an endpoint.

test.each([
  [null, "/"],
  ["", "/"],
  ["/activity", "/activity"],
  ["activity", "/activity"],
  ["/rewards/1?x=1#top", "/rewards/1?x=1#top"],
  ["?x=1", "/?x=1"],
  ["#top", "/#top"],
  ["/rewards%2F1", "/rewards/1"],
  ["/rewards%253Fid%253D1", "/rewards?id=1"],
  ["/caf%C3%A9", "/caf%C3%A9"],
  ["/100%", "/100%"],
  ["/apis", "/apis"],
  [`${origin}/wallet`, "/wallet"],
  ["/a/../wallet", "/wallet"],
])("%j leads to %j", (value, expected) => {
  expect(safeRedirectPath(value, origin)).toBe(expected);
});

test.each(hostilePaths)("%j leads to the start page", (value) => {
  expect(safeRedirectPath(value, origin)).toBe("/");
});

test("whatever is sent, what comes back is a path of this site, and no endpoint", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "/",
      "\\",
      "..",
      ".",
      "%2f",
      "%252f",
      "%5c",
      "%09",
      "//",
      "@",
      ":",
      "?",
      "#",
      "http:",
      "api",
      "evil.example",
    ),
    fc.string({ maxLength: 5 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const path = safeRedirectPath(pieces.join(""), origin);
      expect(path).toMatch(/^\/(?!\/)[^\\]*$/);
      const url = new URL(path, origin);
      expect(url.origin).toBe(origin);
      expect(url.pathname).not.toMatch(/^\/(api|v1|multi|_next)(\/|$)/i);
    }),
    { numRuns: 3000 },
  );
});
