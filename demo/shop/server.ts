/**
 * The demo's host: a small shop on other origins than Laurel. It shows the three ways in: a frame on another site, a link
 * in a new tab, and, on a name it shares with Laurel (www.acme.localhost), a cookie of the common domain.
 */
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

import { endSessions, type LaurelAddress, mintSession } from "./laurel.ts";
import { failurePage, homePage, rewardsPage, signInPage } from "./pages.ts";
import { type Person, people } from "./people.ts";

export type ShopSettings = {
  laurelPort: number;
  clientId: string;
  /** Laurel's name on another site than the shop's, and on the shop's own. */
  foreignHost: string;
  sharedHost: string;
  sharedDomain: string;
};

const artName = /^\/art\/([a-z]{1,20})\.svg$/;
const sessionSeconds = 259_200;

export function createShop(settings: ShopSettings): Server {
  return createServer((request, response) => {
    answer(request, response, settings).catch(() => {
      if (!response.headersSent) sendPage(response, failurePage(personOf(request)), 502);
    });
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  settings: ShopSettings,
): Promise<void> {
  const path = (request.url ?? "/").split("?")[0] ?? "/";
  const person = personOf(request);
  const art = artName.exec(path)?.[1];
  if (art) return sendArt(response, art);

  switch (`${request.method} ${path}`) {
    case "GET /":
      return sendPage(response, homePage(person));
    case "GET /sign-in":
      return sendPage(response, signInPage());
    case "POST /sign-in":
      return signIn(request, response);
    case "POST /sign-out":
      if (person) await endSessions(laurelFor(request, settings), person);
      return redirect(response, "/", ["shop_person=; Max-Age=0; Path=/; HttpOnly"]);
    case "GET /rewards":
      return person ? showRewards(request, response, settings, person) : redirect(response, "/sign-in");
    case "GET /rewards/open":
      return person ? openRewards(request, response, settings, person) : redirect(response, "/sign-in");
    default:
      return sendPage(response, homePage(person), 404);
  }
}

async function showRewards(
  request: IncomingMessage,
  response: ServerResponse,
  settings: ShopSettings,
  person: Person,
): Promise<void> {
  const laurel = laurelFor(request, settings);
  const token = await mintSession(laurel, person);
  if (!isOnSharedDomain(request, settings)) {
    const frameUrl = `${urlOf(laurel)}/api/auth?session=${encodeURIComponent(token)}`;
    const way =
      "Another site: the frame's address carries a token that works once; Laurel keeps a cookie for this page alone.";
    return sendPage(response, rewardsPage(person, frameUrl, way));
  }
  const common = `Max-Age=${sessionSeconds}; Domain=${settings.sharedDomain}; Path=/; HttpOnly; Secure`;
  const cookies = [`session=${token}; ${common}; SameSite=None`, `session_legacy=${token}; ${common}`];
  const way =
    "The same site: the shop set the session as a cookie of the common domain, and every page opens signed in.";
  response.setHeader("Set-Cookie", cookies);
  return sendPage(response, rewardsPage(person, `${urlOf(laurel)}/`, way));
}

async function openRewards(
  request: IncomingMessage,
  response: ServerResponse,
  settings: ShopSettings,
  person: Person,
): Promise<void> {
  const laurel = laurelFor(request, settings);
  const token = await mintSession(laurel, person);
  redirect(response, `${urlOf(laurel)}/api/auth?session=${encodeURIComponent(token)}`);
}

async function signIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chosen = new URLSearchParams(await text(request)).get("person");
  const person = people.find(({ id }) => id === chosen);
  // A real shop would check a password and set a session of its own.
  if (person) redirect(response, "/rewards", [`shop_person=${person.id}; Path=/; HttpOnly; SameSite=Lax`]);
  else redirect(response, "/sign-in");
}

function laurelFor(request: IncomingMessage, settings: ShopSettings): LaurelAddress {
  const host = isOnSharedDomain(request, settings) ? settings.sharedHost : settings.foreignHost;
  return { host, port: settings.laurelPort, clientId: settings.clientId };
}

function isOnSharedDomain({ headers }: IncomingMessage, { sharedDomain }: ShopSettings): boolean {
  return (headers.host ?? "").replace(/:\d+$/, "").endsWith(`.${sharedDomain}`);
}

function urlOf({ host, port }: LaurelAddress): string {
  return `http://${host}:${port}`;
}

function personOf({ headers }: IncomingMessage): Person | null {
  const id = /(?:^|;\s*)shop_person=([a-z-]+)/.exec(headers.cookie ?? "")?.[1];
  return people.find((person) => person.id === id) ?? null;
}

function sendPage(response: ServerResponse, html: string, status = 200): void {
  response.writeHead(status, {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "private, no-store",
  });
  response.end(html);
}

function sendArt(response: ServerResponse, name: string): void {
  try {
    const svg = readFileSync(new URL(`../art/${name}.svg`, import.meta.url));
    response.writeHead(200, { "Content-Type": "image/svg+xml", "Cache-Control": "public, max-age=3600" });
    response.end(svg);
  } catch {
    response.writeHead(404).end();
  }
}

function redirect(response: ServerResponse, location: string, cookies: string[] = []): void {
  response.writeHead(303, { Location: location, "Set-Cookie": cookies, "Cache-Control": "no-store" });
  response.end();
}
