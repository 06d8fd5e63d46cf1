/** The demo's mailbox: whoever opens it reads everybody's mail, so that a demo needs no real one. */
import type { ServerResponse } from "node:http";

import { sendPage } from "../html.ts";
import { findMail, listMails } from "./outbox.ts";
import { mailListPage, mailPage, noMailPage } from "./page.ts";

/** One mail by its name, or with null what has come. */
export async function showMailbox(
  response: ServerResponse,
  folder: string,
  name: string | null,
): Promise<void> {
  if (name === null) return sendPage(response, mailListPage(await listMails(folder)));
  const mail = await findMail(folder, name);
  if (mail) sendPage(response, mailPage(mail));
  else sendPage(response, noMailPage(), 404);
}
