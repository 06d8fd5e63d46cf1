/**
 * Demo ID: the identity server of the demo's club, as a company would have one. The provider answers for the protocol;
 * here are the pages that it leaves to its house: who are you, and who is signed in.
 */
import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { errors, type Provider } from "oidc-provider";

import { sendPage } from "../html.ts";
import type { Club } from "./club.ts";
import { readOrMakeKeys } from "./keys.ts";
import { accountPage, failurePage, signInPage, style } from "./pages.ts";
import { findPerson } from "./people.ts";
import { createProvider } from "./provider.ts";

export type IdentityServerSettings = {
  /** The port it will listen on: its issuer is http://localhost:<port>. */
  port: number;
  keysFile: string;
  club: Club;
};

export function createIdentityServer({ port, keysFile, club }: IdentityServerSettings): Server {
  const provider = createProvider(`http://localhost:${port}`, readOrMakeKeys(keysFile), club);
  const answerAsProvider = provider.callback();
  const headers = securityHeaders(club);

  return createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const path = (request.url ?? "/").split("?")[0];
    const page = pageAt(`${request.method} ${path}`) ?? answerAsProvider;
    page(request, response, provider, club).catch((error: unknown) => {
      if (response.headersSent) return void response.destroy();
      const isOfProtocol = error instanceof errors.OIDCProviderError; // such as a sign-in that took an hour
      if (!isOfProtocol) console.error("Demo ID failed.", error);
      const reason = isOfProtocol ? (error.error_description ?? error.error) : "server_error";
      sendPage(response, failurePage(club, reason), isOfProtocol ? 400 : 500);
    });
  });
}

type Page = (
  request: IncomingMessage,
  response: ServerResponse,
  provider: Provider,
  club: Club,
) => Promise<void>;

function pageAt(route: string): Page | null {
  if (route === "GET /") return showAccount;
  if (/^GET \/interaction\/[\w-]+$/.test(route)) return showSignIn;
  if (/^POST \/interaction\/[\w-]+$/.test(route)) return signIn;
  return null;
}

/** Who is signed in here. Its button posts the answer that the provider's own question about signing out takes. */
const showAccount: Page = async (request, response, provider, club) => {
  const session = await provider.Session.get(provider.createContext(request, response));
  const person = findPerson(session.accountId);
  if (!person) return sendPage(response, accountPage(null, club));

  const xsrf = randomBytes(24).toString("hex");
  session.state = { secret: xsrf };
  await session.persist();
  const isAtClub = session.authorizations?.[club.clientId] !== undefined;
  const signOutForm = { action: provider.pathFor("end_session_confirm"), xsrf };
  sendPage(response, accountPage({ person, isAtClub, signOutForm }, club));
};

const showSignIn: Page = async (request, response, provider, club) => {
  await provider.interactionDetails(request, response); // throws where there is nothing to sign in to
  sendPage(response, signInPage(club));
};

const signIn: Page = async (request, response, provider, club) => {
  const form = new URLSearchParams(await text(request));
  const person = findPerson(form.get("person"));
  if (person) {
    return provider.interactionFinished(request, response, { login: { accountId: person.sub } });
  }
  if (!form.has("cancel")) return sendPage(response, signInPage(club), 400);
  await provider.interactionFinished(request, response, {
    error: "access_denied",
    error_description: "The sign-in was cancelled.",
  });
};

/**
 * Forms go to this server, whose answer leads on to the club: Chromium holds `form-action` against each redirect that
 * follows a form. The provider adds the hash of the one script it may send, which moves a form on by itself.
 */
function securityHeaders(club: Club): Record<string, string> {
  const styleHash = createHash("sha256").update(style).digest("base64");
  return {
    "Content-Security-Policy": [
      "default-src 'none'",
      "script-src",
      `style-src 'sha256-${styleHash}'`,
      "img-src data:",
      `form-action 'self' ${club.url}`,
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
  };
}
