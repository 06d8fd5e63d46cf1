/** The mails that Laurel wrote into its outbox because nobody gave it a mail server: a file each, by the time it was sent. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import PostalMime, { type Address } from "postal-mime";

export type Mail = {
  /** The file's name, by which the mailbox knows it. */
  name: string;
  from: string;
  to: string;
  subject: string;
  text: string;
  sentAt: Date;
};

const shownMax = 50;

/** The newest first. */
export async function listMails(folder: string): Promise<Mail[]> {
  const newest = namesIn(folder).slice(0, shownMax);
  const mails = await Promise.all(newest.map((name) => readMail(folder, name)));
  return mails.filter((mail) => mail !== null);
}

/** Null where the outbox has no such mail; only a name that stands in the folder is ever opened. */
export async function findMail(folder: string, name: string): Promise<Mail | null> {
  return namesIn(folder).includes(name) ? readMail(folder, name) : null;
}

/** Names begin with the time in ISO 8601, so that their order is the order in time. */
function namesIn(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(".eml"));
    return names.sort().reverse();
  } catch {
    return []; // the folder comes with the first mail
  }
}

/** Null for what is no mail yet, such as a file that is being written. */
async function readMail(folder: string, name: string): Promise<Mail | null> {
  const { from, to, subject, text, date } = await PostalMime.parse(readFileSync(join(folder, name)));
  if (date === undefined || Number.isNaN(Date.parse(date))) return null;
  return {
    name,
    from: from ? namesOf([from]) : "",
    to: namesOf(to ?? []),
    subject: subject || "(no subject)",
    text: text ?? "This mail has no plain text.",
    sentAt: new Date(date),
  };
}

function namesOf(addresses: readonly Address[]): string {
  return addresses.map(({ name, address }) => (name ? `${name} <${address}>` : address)).join(", ");
}
