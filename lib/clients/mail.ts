/**
 * One mail to one person, through the server of SMTP_URL; without one, into a file in the folder `outbox` of the data
 * folder. What holds:
 *   1. it takes `sendSecondsMax` at most, so that a server that answers drop by drop holds nobody up;
 *   2. what others wrote (a programme's name, a subject, an address) stays what it is: nodemailer is given parts to encode,
 *      never a line to read, and no text of theirs becomes a header or another recipient;
 *   3. a password goes to another computer under TLS alone, with a certificate that is good for its name;
 *   4. neither a failure nor the log holds an address or a word of the mail.
 */
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  createTransport,
  type NodemailerError,
  type SendMailOptions,
  type SMTPTransportOptions,
} from "nodemailer";

import { now } from "#lib/config/clock.ts";
import { env } from "#lib/config/env.ts";
import { log } from "#lib/config/log.ts";

export const sendSecondsMax = 60;
const timeouts = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 };

export type Mail = {
  /** By this it is recognised where it arrives twice. */
  id: string;
  writtenAt: Date;
  from: { name: string; address: string };
  to: string;
  subject: string;
  text: string;
  html: string;
};

/** Why a mail was not taken. */
export class MailFailure extends Error {
  override readonly name = "MailFailure";
  /** The system's, TLS's or nodemailer's. */
  readonly code: string;
  /** The server's, where it has answered. */
  readonly responseCode: number | undefined;
  /** Whether the server would say the same of this mail at any other time. */
  readonly isFinal: boolean;

  constructor(cause: NodemailerError) {
    const { code = "unknown", originalCode, responseCode } = cause;
    super(`The mail was not taken (${responseCode ?? originalCode ?? code}).`); // the cause's own words quote the server's
    this.code = originalCode ?? code;
    this.responseCode = responseCode;
    this.isFinal = isFinal(cause);
  }
}

/** Throws a MailFailure where the server does not take it. */
export async function sendMail(mail: Mail): Promise<void> {
  const { SMTP_URL, LAUREL_DATA_DIR } = env();
  if (SMTP_URL) await sendBySmtp(mail, new URL(SMTP_URL));
  else await writeToFile(mail, join(LAUREL_DATA_DIR, "outbox"));
}

async function sendBySmtp(mail: Mail, server: URL): Promise<void> {
  const signal = AbortSignal.timeout(sendSecondsMax * 1000);
  try {
    await createTransport(smtpOptions(server)).sendMail({ ...messageOf(mail), signal });
  } catch (error) {
    throw new MailFailure(error as NodemailerError);
  }
}

function smtpOptions({ protocol, hostname, port, username, password }: URL): SMTPTransportOptions {
  const host = hostname.replace(/^\[|\]$/g, "");
  const isHere = /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/i.test(host);
  const auth = { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
  return {
    ...{ host, secure: protocol === "smtps:", ...timeouts },
    ...(port === "" ? {} : { port: Number(port) }),
    ...(username === "" ? {} : { auth }),
    // A server on this computer has a certificate for another name, if any, and nobody is in between.
    ...(isHere ? { ignoreTLS: true } : { requireTLS: username !== "" }),
  };
}

/** Whole or not at all: it gets its name when it is written, so that nobody reads half of it. */
async function writeToFile(mail: Mail, folder: string): Promise<void> {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: "windows" });
  const { message } = await transport.sendMail(messageOf(mail));

  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${fileTimeOf(now())}-${mail.id}.eml`);
  const unfinished = `${path}.unfinished`;
  await writeFile(unfinished, message as Buffer, { mode: 0o600 });
  await rename(unfinished, path);
  log().info({ path }, "mail written to a file, as there is no SMTP_URL");
}

/** Deletes the files of mails from before `writtenBefore`. */
export async function deleteOldMailFiles(writtenBefore: Date): Promise<void> {
  const folder = join(env().LAUREL_DATA_DIR, "outbox");
  const names = await readdir(folder).catch(() => []); // no mail was ever written to a file
  const firstKept = fileTimeOf(writtenBefore);
  const old = names.filter((name) => name.includes(".eml") && name < firstKept);
  await Promise.all(old.map((name) => rm(join(folder, name), { force: true })));
}

/** Sorts as the times do. */
function fileTimeOf(at: Date): string {
  return at.toISOString().replaceAll(":", "-");
}

function messageOf({ id, writtenAt, from, to, subject, text, html }: Mail): SendMailOptions {
  const domain = from.address.slice(from.address.lastIndexOf("@") + 1);
  return {
    ...{ from, subject, text, html, date: writtenAt },
    to: { name: "", address: to }, // as a text it would be read as a list
    messageId: `<${id}@${domain}>`,
    headers: { "Auto-Submitted": "auto-generated" }, // RFC 3834: no answering machine answers
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/**
 * A 5yz is for good (RFC 5321, 4.2.1), where it is about this mail. That the server lets nobody in, or not with this
 * password, is the operator's to mend, and their mails wait for it.
 */
function isFinal({ code, permanent = false, responseCode }: NodemailerError): boolean {
  const isAboutThisMail = code === "EENVELOPE" || code === "EMESSAGE";
  const asksToSignIn = responseCode === 530;
  return isAboutThisMail && permanent && !asksToSignIn;
}
