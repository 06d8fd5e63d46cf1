/**
 * The demo's till: type or scan a code, see what it is good for, use it up. A real till would know who stands at it; this
 * one is open to whoever can reach this computer.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

import { sendPage } from "../html.ts";
import { lookAt, type TillLaurel, useUp } from "./laurel.ts";
import { tillPage } from "./page.ts";

export function showTill(response: ServerResponse): void {
  sendPage(response, tillPage({ is: "waiting" }));
}

export async function checkVoucher(
  request: IncomingMessage,
  response: ServerResponse,
  laurel: TillLaurel,
): Promise<void> {
  const code = (await formOf(request)).get("code")?.trim() ?? "";
  if (code === "") return showTill(response);
  const outcome = await lookAt(laurel, code);
  // The key is made here, before the first try, and goes with each: pressed twice, a voucher is used up once.
  if ("voucher" in outcome) {
    sendPage(response, tillPage({ is: "good", voucher: outcome.voucher, onceKey: randomUUID() }));
  } else sendPage(response, tillPage({ is: "refused", code, refusal: outcome.refusal }));
}

export async function useVoucher(
  request: IncomingMessage,
  response: ServerResponse,
  laurel: TillLaurel,
): Promise<void> {
  const form = await formOf(request);
  const code = form.get("code") ?? "";
  const onceKey = form.get("onceKey") ?? "";
  if (code === "" || onceKey === "") return showTill(response);
  const outcome = await useUp(laurel, code, onceKey);
  if ("voucher" in outcome) sendPage(response, tillPage({ is: "used", voucher: outcome.voucher }));
  else if (mayHaveHappened(outcome.refusal)) sendPage(response, tillPage({ is: "unsure", code, onceKey }));
  else sendPage(response, tillPage({ is: "refused", code, refusal: outcome.refusal }));
}

function mayHaveHappened(refusal: string): boolean {
  return refusal === "unheard" || refusal === "idempotency_key_in_flight";
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  return new URLSearchParams(await text(request));
}
