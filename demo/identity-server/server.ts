/**
 * Demo ID: the identity server of the demo's club, as a company would have one, and of a programme of one's own. The
 * provider answers for the protocol; here are the pages that it leaves to its house: who are you, and who is signed in.
 */
import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { errors, type Provider } from "oidc-provider";

import { sendPage } from "../html.ts";
import { type Client, findClient } from "./client.ts";
import { readOrMakeKeys } from "./keys.ts";
import { accountPage, failurePage, nobodyPage, signInPage, style } from "./pages.ts";
import { findPerson } from "./people.ts";
import { createProvider, listSignedIn } from "./provider.ts";

export type IdentityServerSettings = {
  /** The port it will listen on: its issuer is http://localhost:<port>. */
  port: number;
  keysFile: string;
  clients: readonly Client[];
};

export function createIdentityServer({ port, keysFile, clients }: IdentityServerSettings): Server {
  const provider = createProvider(`http://localhost:${port}`, readOrMakeKeys(keysFile), clients);
  const answerAsProvider = provider.callback();
  const headers = securityHeaders(clients);

  return createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const path = (request.url ?? "/").split("?")[0];
    const page = pageAt(`${request.method} ${path}`) ?? answerAsProvider;
    page(request, response, provider, clients).catch((error: unknown) => {
      if (response.headersSent) return void response.destroy();
      const isOfProtocol = error instanceof errors.OIDCProviderError; // such as a sign-in that took an hour
      if (!isOfProtocol) console.error("Demo ID failed.", error);
      const reason = isOfProtocol ? (error.error_description ?? error.error) : "server_error";
      sendPage(response, failurePage(clients, reason), isOfProtocol ? 400 : 500);
    });
  });
}

type Page = (
  request: IncomingMessage,
  response: ServerResponse,
  provider: Provider,
  clients: readonly Client[],
) => Promise<void>;

function pageAt(route: string): Page | null {
  if (route === "GET /") return showAccount;
  if (/^GET \/interaction\/[\w-]+$/.test(route)) return showSignIn;
  if (/^POST \/interaction\/[\w-]+$/.test(route)) return signIn;
  return null;
}

/** Who is signed in here. Its button posts the answer that the provider's own question about signing out takes. */
const showAccount: Page = async (request, response, provider, clients) => {
  const session = await provider.Session.get(provider.createContext(request, response));
  const person = findPerson(session.accountId);
  if (!person) return sendPage(response, nobodyPage(clients));

  const xsrf = randomBytes(24).toString("hex");
  session.state = { secret: xsrf };
  await session.persist();
  const signOutForm = { action: provider.pathFor("end_session_confirm"), xsrf };
  sendPage(response, accountPage({ person, signedInAt: listSignedIn(clients, session), signOutForm }));
};

const showSignIn: Page = async (request, response, provider, clients) => {
  sendPage(response, signInPage(await getClientOfSignIn(request, response, provider, clients)));
};

const signIn: Page = async (request, response, provider, clients) => {
  const form = new URLSearchParams(await text(request));
  const person = findPerson(form.get("person"));
  if (person) {
    return provider.interactionFinished(request, response, { login: { accountId: person.sub } });
  }
  if (!form.has("cancel")) {
    const client = await getClientOfSignIn(request, response, provider, clients);
    return sendPage(response, signInPage(client), 400);
  }
  await provider.interactionFinished(request, response, {
    error: "access_denied",
    error_description: "The sign-in was cancelled.",
  });
};

/** Throws where there is nothing to sign in to. */
async function getClientOfSignIn(
  ...[request, response, provider, clients]: Parameters<Page>
): Promise<Client> {
  const { params } = await provider.interactionDetails(request, response);
  const client = findClient(clients, params.client_id);
  if (!client) throw new errors.InvalidClient("The client is unknown.");
  return client;
}

/**
 * Forms go to this server, whose answer leads on to a client: Chromium holds `form-action` against each redirect that
 * follows a form. The provider adds the hash of the one script it may send, which moves a form on by itself.
 */
function securityHeaders(clients: readonly Client[]): Record<string, string> {
  const styleHash = createHash("sha256").update(style).digest("base64");
  return {
    "Content-Security-Policy": [
      "default-src 'none'",
      "script-src",
      `style-src 'sha256-${styleHash}'`,
      "img-src data:",
      `form-action 'self' ${clients.map(({ url }) => url).join(" ")}`,
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
  };
}
