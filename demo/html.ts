/** What each page of the demo needs to be written and sent. */
import type { ServerResponse } from "node:http";

/** A text as a part of a page, also between double quotes. */
export function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

const euroFormat = new Intl.NumberFormat("en", {
  style: "currency",
  currency: "EUR",
  trailingZeroDisplay: "stripIfInteger",
});

export function inEuros(euros: number): string {
  return euroFormat.format(euros);
}

export function sendPage(response: ServerResponse, html: string, status = 200): void {
  response.writeHead(status, {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "private, no-store",
  });
  response.end(html);
}

export function sendJson(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "private, no-store" });
  response.end(JSON.stringify(body));
}

export function redirect(response: ServerResponse, location: string, cookies: string[] = []): void {
  response.writeHead(303, { Location: location, "Set-Cookie": cookies, "Cache-Control": "no-store" });
  response.end();
}
