/** The hot paths of Open Loyalty's and Weavr's clients, with tokens that members got by their passwords. */
import { apiKey, members, type Path, password, storeCode } from "#tests/bench/laurel.ts";
import type { Load } from "#tests/bench/load.ts";

const loginsPerSecond = 20; // each costs a password hash
const refreshesPerSecond = 100; // 20 a minute are an account's
const readersCount = 20;

type Member = (typeof members)[number];

export function clientApiPaths(laurelUrl: string): Path[] {
  const store = `/api/${storeCode}`;
  const send = async (path: string, body: object) => {
    const answer = await fetch(`${laurelUrl}${path}`, { ...asJson, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`POST ${path} was answered with ${answer.status}.`);
    return (await answer.json()) as { token: string; refresh_token: string };
  };
  const loginOf = ({ profile: { emailAddress } }: Member) => ({ username: emailAddress, password });
  const logIn = (member: Member) => send(`${store}/member/login_check`, loginOf(member));
  const logInEndUser = ({ profile: { emailAddress } }: Member) =>
    send("/multi/login_with_password", { email: emailAddress, password: { value: password } });
  const read = (path: string, tokenOf: (member: Member) => Promise<{ token: string }>): Path => ({
    ...{ name: `GET ${path}`, floor: "handler" },
    async prepare() {
      const pairs = await Promise.all(members.slice(0, readersCount).map(tokenOf));
      const next = inTurns(pairs);
      const vary = () => ({ headers: { authorization: `Bearer ${next().token}` } });
      return { load: { url: `${laurelUrl}${path}`, headers: { "api-key": apiKey }, vary } };
    },
  });
  const refreshTokens: string[] = [];
  const nextToLogIn = inTurns(members);
  return [
    {
      ...{ name: `POST ${store}/member/login_check`, floor: "handler" },
      async prepare(seconds) {
        const vary = () => ({ body: JSON.stringify(loginOf(nextToLogIn())) });
        const load: Load = { ...asJson, url: `${laurelUrl}${store}/member/login_check`, vary };
        return { load, requests: seconds * loginsPerSecond };
      },
    },
    {
      ...{ name: `POST ${store}/token/refresh`, floor: "handler" },
      async prepare(seconds) {
        while (refreshTokens.length < members.length) {
          refreshTokens.push((await logIn(nextToLogIn())).refresh_token);
        }
        const load: Load = {
          ...{ ...asJson, url: `${laurelUrl}${store}/token/refresh` },
          vary: () => ({ body: JSON.stringify({ refresh_token: refreshTokens.shift() }) }),
          onBody: (body) => refreshTokens.push(JSON.parse(body).refresh_token),
        };
        return { load, requests: seconds * refreshesPerSecond };
      },
    },
    read(`${store}/member/points`, logIn),
    read("/multi/identities", logInEndUser),
  ];
}

const asJson = {
  method: "POST",
  headers: { "content-type": "application/json", "api-key": apiKey },
} as const;

function inTurns<Item>(items: readonly Item[]): () => Item {
  let taken = 0;
  return () => items[taken++ % items.length] as Item;
}
