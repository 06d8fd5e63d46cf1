/** What a reader is told before the single operations, and in which groups they stand. */
export const introduction = `
**Who calls.** Every call to \`/v1\` names the programme by its \`X-Api-Key\`. What is a member's own also needs that member's
access token, from the programme's own identity provider, as the bearer; a server that reports private events sends the event
type's secret there, an admin an admin's token. \`/api/auth\` is called on the microsite's own host, with \`X-Client-ID\`.

**Answers.** \`{"status":"success","data":…}\`. A refusal is \`{"status":"fail","code":…,"message":…,"data":…}\` with a stable
\`code\` and a sentence that says what to do; what fails on our side is \`{"status":"error","code":…,"message":…}\`.

**Lists** come in pages: pass \`page.nextCursor\` on as \`cursor\`, until it is null.

**Limits.** Every answer to a good key carries \`RateLimit\` and \`RateLimit-Policy\`; a 429 also \`Retry-After\`.

**Exactly once.** Send an \`Idempotency-Key\` where it is taken, made before the first try and the same with each: a retry then
gets the first answer again, with \`Idempotency-Replayed: true\`.

**Clients of Open Loyalty and of Weavr** find their own addresses, fields and answers below \`/api/{storeCode}\`, \`/api/admin\`,
\`/api/token\` and \`/multi\`: bare objects, lists with \`items\` and \`total\`, refusals in the vendor's words. The members, points
and rewards behind them are the same.`;

const groups = [
  {
    name: "Laurel API",
    tags: [
      { name: "Me", description: "The member whose access token is sent." },
      { name: "Rewards", description: "What points buy." },
      { name: "Benefits", description: "What a member has bought or was given." },
      { name: "Events", description: "What members do, and what it earns." },
      { name: "Till", description: "Codes at a till." },
      { name: "Users", description: "For admins." },
    ],
  },
  {
    name: "Embedding",
    tags: [
      {
        name: "Embedding",
        description:
          "How the host's server signs its customers in to the microsite, on the microsite's own host.",
      },
    ],
  },
  {
    name: "Open Loyalty clients",
    tags: [
      {
        name: "Tokens",
        description:
          "A token lives for a day. A refresh token works once, within 30 days; used again later it ends all that came of the same login.",
      },
      { name: "Accounts", description: "Signing up, and passwords." },
      {
        name: "Store members",
        description:
          "With a member's token that member alone; with an admin's, or an admin API key, every one.",
      },
      { name: "Store rewards", description: "What there is for a member, and what it has." },
      { name: "Store activity", description: "What happened, and what earns points." },
      { name: "Store admin", description: "For who runs the programme." },
    ],
  },
  {
    name: "Weavr clients",
    tags: [
      {
        name: "End users",
        description:
          "A token lives for five minutes from the last call that succeeded; `Session-Expires-At` on every answer says until when. There is no refresh.",
      },
    ],
  },
];

export const tags = groups.flatMap((group) => group.tags);

/** An extension that the reference, like others, shows its contents by. */
export const tagGroups = groups.map(({ name, tags }) => ({ name, tags: tags.map((tag) => tag.name) }));
