/** Where a link says it leads, to be off the site or at one of its endpoints after all. */
export const ownOrigin = "http://rewards.localhost:3000";

export const hostilePaths = [
  ...["//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/\\/evil.example"],
  ...[
    "https://evil.example",
    "https:evil.example",
    "http:\\\\evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
  ],
  ...[
    "//rewards.localhost:3000@evil.example",
    "http://x@rewards.localhost:3000/",
    "http://rewards.localhost/wallet",
  ],
  ...[
    "/\tevil",
    "/\t/evil.example",
    "/%09/evil.example",
    "/%0d%0aSet-Cookie:x=1",
    "/%250d%250aX:1",
    "/\u007f",
  ],
  ...[
    "%2f%2fevil.example",
    "%252f%252fevil.example",
    "/%2fevil.example",
    "/%5cevil.example",
    "/%255cevil",
    "/..//evil.example",
  ],
  ...[
    "/./%2e%2e//evil.example",
    "/.//evil.example",
    "/api/auth?session=x",
    "/api",
    "/API/auth",
    "/%61pi/auth",
    "/x/../api/auth",
  ],
  ...[
    "/v1/users/me",
    "/multi/login",
    "/_next/image?url=x",
    "/%5fnext/data",
    "/api%2fauth",
    "/\ud800",
    "/".padEnd(2049, "a"),
  ],
];
