/**
 * The demo's host: a small shop on other origins than Laurel. It shows the three ways in: a frame on another site, a link
 * in a new tab, and, on a name it shares with Laurel (www.acme.localhost), a cookie of the common domain. What is bought
 * in it earns points, and what the points bought is used up at its till. It also lends its roof to the demo's mailbox.
 */
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

import type { LaurelAddress } from "../call-laurel.ts";
import { redirect, sendJson, sendPage } from "../html.ts";
import { showMailbox } from "../mailbox/mailbox.ts";
import { checkVoucher, showTill, useVoucher } from "../till/till.ts";
import { endSessions, type Laurel, mintSession, type ShopSecrets } from "./laurel.ts";
import {
  describeOrder,
  findOrder,
  type Order,
  placeOrder,
  reportOrder,
  reportWaitingOrders,
} from "./orders.ts";
import { failurePage, homePage, type RewardsFrame, rewardsPage, signInPage } from "./pages.ts";
import { type Person, people } from "./people.ts";
import { products } from "./products.ts";

export type ShopSettings = {
  laurelPort: number;
  secrets: ShopSecrets;
  tillApiKey: string;
  /** Where Laurel puts the mails that it cannot send; without it the shop has no mailbox. */
  outboxFolder?: string;
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
  const [path = "/", query = ""] = (request.url ?? "/").split("?");
  const person = personOf(request);
  const art = artName.exec(path)?.[1];
  if (art) return sendArt(response, art);
  const { outboxFolder } = settings;
  if (path === "/mailbox" && outboxFolder !== undefined) {
    return showMailbox(response, outboxFolder, new URLSearchParams(query).get("mail"));
  }

  const bought = person && findOrder(person, new URLSearchParams(query).get("order"));
  const till = { ...laurelAddress(request, settings), apiKey: settings.tillApiKey };
  switch (`${request.method} ${path}`) {
    case "GET /":
      return sendPage(response, homePage(person, bought));
    case "GET /sign-in":
      return sendPage(response, signInPage());
    case "POST /sign-in":
      return signIn(request, response);
    case "POST /sign-out":
      if (person) await endSessions(laurelFor(request, settings), person);
      return redirect(response, "/", ["shop_person=; Max-Age=0; Path=/; HttpOnly"]);
    case "GET /rewards":
      if (!person) return redirect(response, "/sign-in");
      return sendRewards(request, response, settings, person, bought);
    case "GET /rewards/open":
      return person ? openRewards(request, response, settings, person) : redirect(response, "/sign-in");
    case "POST /buy":
      return buy(request, response, settings, person);
    case "GET /till":
      return showTill(response);
    case "POST /till/check":
      return checkVoucher(request, response, till);
    case "POST /till/use":
      return useVoucher(request, response, till);
    default:
      return sendPage(response, homePage(person), 404);
  }
}

async function sendRewards(
  request: IncomingMessage,
  response: ServerResponse,
  settings: ShopSettings,
  person: Person,
  bought: Order | null,
): Promise<void> {
  const frame = await openFrame(request, response, settings, person).catch(() => null);
  sendPage(response, rewardsPage(person, frame, bought), frame ? 200 : 502);
}

/** Signs the person in at Laurel for a frame on this page. Throws where Laurel cannot be reached. */
async function openFrame(
  request: IncomingMessage,
  response: ServerResponse,
  settings: ShopSettings,
  person: Person,
): Promise<RewardsFrame> {
  const laurel = laurelFor(request, settings);
  const token = await mintSession(laurel, person);
  await reportWaitingOrders(laurel, person); // so that their points are there when the frame opens
  if (!isOnSharedDomain(request, settings)) {
    return {
      url: `${urlOf(laurel)}/api/auth?session=${encodeURIComponent(token)}`,
      way: "Another site: the frame's address carries a token that works once; Laurel keeps a cookie for this page alone.",
    };
  }
  const common = `Max-Age=${sessionSeconds}; Domain=${settings.sharedDomain}; Path=/; HttpOnly; Secure`;
  const cookies = [`session=${token}; ${common}; SameSite=None`, `session_legacy=${token}; ${common}`];
  response.setHeader("Set-Cookie", cookies);
  return {
    url: `${urlOf(laurel)}/`,
    way: "The same site: the shop set the session as a cookie of the common domain, and every page opens signed in.",
  };
}

/** One click, one order. It stands whatever Laurel says; the answer tells what was earned, as far as it is known. */
async function buy(
  request: IncomingMessage,
  response: ServerResponse,
  settings: ShopSettings,
  person: Person | null,
): Promise<void> {
  const isScript = request.headers.accept === "application/json";
  if (!person) return isScript ? sendJson(response, {}, 401) : redirect(response, "/sign-in");
  const form = new URLSearchParams(await text(request));
  const back = form.get("back") === "/rewards" ? "/rewards" : "/";
  const product = products.find(({ art }) => art === form.get("product"));
  if (!product) return isScript ? sendJson(response, {}, 400) : redirect(response, back);

  const order = placeOrder(person, product);
  await reportOrder(laurelFor(request, settings), order);
  if (isScript) sendJson(response, describeOrder(order));
  else redirect(response, `${back}?order=${order.number}`);
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

function laurelFor(request: IncomingMessage, settings: ShopSettings): Laurel {
  return { ...laurelAddress(request, settings), ...settings.secrets };
}

function laurelAddress(request: IncomingMessage, settings: ShopSettings): LaurelAddress {
  const host = isOnSharedDomain(request, settings) ? settings.sharedHost : settings.foreignHost;
  return { host, port: settings.laurelPort };
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

function sendArt(response: ServerResponse, name: string): void {
  try {
    const svg = readFileSync(new URL(`../art/${name}.svg`, import.meta.url));
    response.writeHead(200, { "Content-Type": "image/svg+xml", "Cache-Control": "public, max-age=3600" });
    response.end(svg);
  } catch {
    response.writeHead(404).end();
  }
}
