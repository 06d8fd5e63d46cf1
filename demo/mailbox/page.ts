/** The mailbox's two pages: what has come, and one mail as plain text. */
import { escaped } from "../html.ts";
import { paper } from "../paper.ts";
import type { Mail } from "./outbox.ts";

export function mailListPage(mails: readonly Mail[]): string {
  const rows = mails
    .map(
      (mail) =>
        `<li><a href="/mailbox?mail=${encodeURIComponent(mail.name)}"><b dir="auto">${escaped(mail.subject)}</b><span class="pale">${escaped(mail.to)}</span>${time(mail)}</a></li>`,
    )
    .join("");
  const list = rows
    ? `<ul class="sheet">${rows}</ul>`
    : `<p class="sheet empty">Nothing has come yet. Sign up at Demo Bistro, or say there that you forgot your password, and look again.</p>`;
  return page(
    "Mailbox",
    `<div class="title"><h1>The demo’s mailbox</h1><a href="/mailbox">Look again</a></div>
<p class="pale">Laurel has no mail server here. What it would have sent to anybody lies in this box instead.</p>${list}`,
  );
}

export function mailPage(mail: Mail): string {
  const { subject, from, to, text } = mail;
  return page(
    subject,
    `<p><a href="/mailbox">All mails</a></p><h1 dir="auto">${escaped(subject)}</h1>
<dl><div><dt>From</dt><dd>${escaped(from)}</dd></div><div><dt>To</dt><dd>${escaped(to)}</dd></div><div><dt>Sent</dt><dd>${time(mail)}</dd></div></dl>
<div class="sheet text" dir="auto">${withLinks(text.trim())}</div>`,
  );
}

export function noMailPage(): string {
  return page(
    "No such mail",
    `<h1>There is no such mail</h1><p class="pale">The box may have been emptied since.</p><p><a href="/mailbox">All mails</a></p>`,
  );
}

const timeFormat = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

function time({ sentAt }: Mail): string {
  return `<time datetime="${sentAt.toISOString()}">${timeFormat.format(sentAt)}</time>`;
}

/** The text with its web addresses as links; a stop or bracket at the end belongs to the sentence. */
function withLinks(text: string): string {
  const parts = text.split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]])/);
  return parts
    .map((part, index) => {
      const words = escaped(part);
      return index % 2 === 1 ? `<a href="${words}" rel="noreferrer">${words}</a>` : words;
    })
    .join("");
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>${escaped(title)} · Mailbox</title><style>${style}</style>
</head>
<body>
<header><a class="brand" href="/mailbox">Mailbox</a><span class="pale">demo</span></header>
<main>${body}</main>
<footer>A demo: nothing is sent.</footer>
</body>
</html>
`;
}

const style = `${paper}
:root { --accent: #7a3b12; --wash: #f7efe4 } @media (prefers-color-scheme: dark) { :root { --accent: #e5b48a; --wash: #2f2720 } }
main { max-width: 48rem }
.title { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0 1rem }
.sheet { margin: 1.5rem 0; border: 1px solid var(--line); border-radius: .75rem; background: var(--sheet); overflow: hidden }
li + li { border-top: 1px solid var(--line) }
li a { display: grid; grid-template-columns: 1fr auto; gap: 0 1.5rem; padding: .85rem 1.25rem; color: inherit; text-decoration: none; overflow-wrap: anywhere }
li b { grid-column: 1 / -1 } li time { align-self: end; color: var(--pale); font-size: .9rem; font-variant-numeric: tabular-nums }
li a:focus-visible { outline-offset: -3px } @media (hover: hover) { li a:hover { background: var(--wash) } }
.empty, .text { padding: 1.25rem }
.text { font-size: 1.05rem; white-space: pre-wrap; overflow-wrap: anywhere }
dl { margin: 1rem 0 0 } dl div { display: flex; gap: .75rem } dt { flex: none; width: 3.5rem; color: var(--pale) } dd { margin: 0; overflow-wrap: anywhere }`;
