/** Demo ID's pages: plain HTML without scripts, in the shop's hand but in another ink. */
import { escaped } from "../html.ts";
import { paper } from "../paper.ts";
import type { Client } from "./client.ts";
import { describePerson, nameOf, type Person, people } from "./people.ts";

/** Who to be: one click, and no password. It posts to its own address. */
export function signInPage(client: Client): string {
  const buttons = people
    .map(
      (person) =>
        `<li><button class="person" name="person" value="${person.sub}">${portrait(person, describePerson(person))}</button></li>`,
    )
    .join("");
  return page(
    "Sign in",
    `<h1>Sign in to ${escaped(client.name)}</h1><p class="pale">This is a demo: choose who you are. There is no password.</p>
<form method="post"><ul>${buttons}</ul><button class="quiet" name="cancel" value="yes">Cancel</button></form>`,
  );
}

export function nobodyPage(clients: readonly Client[]): string {
  return page(
    "Nobody is signed in",
    `<h1>Nobody is signed in here</h1><p class="pale">Demo ID is the identity server of ${namesOf(clients)}. Sign in there, and it sends you here to say who you are.</p>${waysTo(clients)}`,
  );
}

/** `signOutForm`: where a press on the button goes, and the secret that proves that it came from this page. */
export function accountPage(account: {
  person: Person;
  signedInAt: readonly Client[];
  signOutForm: { action: string; xsrf: string };
}): string {
  const { person, signedInAt, signOutForm } = account;
  const isSomewhere = signedInAt.length > 0;
  const links = signedInAt.map(({ name, url }) => `<a href="${escaped(url)}/">${escaped(name)}</a>`);
  const note = isSomewhere
    ? `<p class="pale note">Demo ID then tells ${namesOf(signedInAt)}, server to server, and every session there ends.</p>`
    : "";
  return page(
    `Signed in as ${nameOf(person)}`,
    `<h1>Signed in as ${escaped(nameOf(person))}</h1>
<section class="sheet"><div class="person">${portrait(person, person.email)}</div>
<dl><div><dt>Signed in at</dt><dd>${isSomewhere ? inWords.format(links) : "Nowhere at the moment"}</dd></div><div><dt>Known as</dt><dd><code>${person.sub}</code></dd></div></dl></section>
<form method="post" action="${escaped(signOutForm.action)}"><input type="hidden" name="xsrf" value="${escaped(signOutForm.xsrf)}"><button class="main" name="logout" value="yes">Sign out everywhere</button></form>
${note}`,
  );
}

/**
 * The question after a sign-out elsewhere: `left` is where, `others` is where the person is signed in besides. `form` is
 * the provider's own, empty but for its secret; the buttons send it.
 */
export function signOutPage(question: {
  person: Person | null;
  left: readonly Client[];
  others: readonly Client[];
  form: string;
}): string {
  const { person, left, others, form } = question;
  const who = person
    ? `<section class="sheet"><div class="person">${portrait(person, person.email)}</div></section>`
    : "";
  const more =
    others.length > 0
      ? `<p class="pale">Signing out of Demo ID signs you out of ${namesOf(others)} as well.</p>`
      : "";
  return page(
    "Sign out",
    `<h1>Sign out of Demo ID, too?</h1><p class="pale">Otherwise the next visit to ${namesOf(left, eitherInWords)} signs you in again without a question.</p>${more}${who}
${form}<div class="stack"><button class="main" form="op.logoutForm" name="logout" value="yes">Sign out</button><button class="quiet" form="op.logoutForm">Stay signed in here</button></div>`,
  );
}

export function signedOutPage(clients: readonly Client[]): string {
  return page(
    "Signed out",
    `<h1>You are signed out</h1><p class="pale">Whoever had signed you in with Demo ID has been told.</p>${waysTo(clients)}`,
  );
}

/** `reason` is for whoever looks after the client: in the provider's words. */
export function failurePage(clients: readonly Client[], reason: string): string {
  return page(
    "That did not work",
    `<h1>That did not work</h1><p>Nothing was changed. Go back to ${namesOf(clients, eitherInWords)}, and start again from there.</p>${waysTo(clients)}<p class="pale note"><code>${escaped(reason)}</code></p>`,
  );
}

const inWords = new Intl.ListFormat("en", { type: "conjunction" });
const eitherInWords = new Intl.ListFormat("en", { type: "disjunction" });

function namesOf(clients: readonly Client[], words = inWords): string {
  return escaped(words.format(clients.map(({ name }) => name)));
}

function waysTo(clients: readonly Client[]): string {
  const links = clients.map(
    ({ name, url }) => `<a class="main" href="${escaped(url)}/">Open ${escaped(name)}</a>`,
  );
  const notes = clients.flatMap(({ note }) => (note ? [`<p class="pale note">${escaped(note)}</p>`] : []));
  return `<div class="stack">${links.join("")}</div>${notes.join("")}`;
}

/** A picture drawn from the first letter, the name, and a line below it. */
function portrait(person: Person, line: string): string {
  const letter = escaped(person.given_name.charAt(0));
  return `<span class="letter" aria-hidden="true">${letter}</span><span><b>${escaped(nameOf(person))}</b><span class="pale">${escaped(line)}</span></span>`;
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>${escaped(title)} · Demo ID</title><style>${style}</style>
</head>
<body>
<header><a class="brand" href="/">Demo ID</a></header>
<main>${body}</main>
<footer>A demo: anybody can be anybody here.</footer>
</body>
</html>
`;
}

/** The pages' one style; the policy names it by its hash. */
export const style = `${paper}
:root { --accent: #2c4a86; --wash: #e6ecf7 } @media (prefers-color-scheme: dark) { :root { --accent: #a9c2f5; --wash: #2a3550 } }
main { max-width: 33rem }
li + li { margin-top: .75rem }
.person { display: flex; align-items: center; gap: 1rem; text-align: start } .person span span { display: block; line-height: 1.35; text-wrap: balance }
button.person { width: 100%; padding: 1rem 1.25rem; border: 1px solid var(--edge); border-radius: .75rem; background: var(--sheet); color: inherit; font: inherit; cursor: pointer }
.person .letter { display: grid; flex: none; width: 2.75rem; height: 2.75rem; place-items: center; border-radius: 50%; background: var(--wash); color: var(--accent); font-size: 1.25rem; font-weight: bold }
.sheet { margin: 1.5rem 0; padding: 1rem 1.25rem; border: 1px solid var(--line); border-radius: .75rem; background: var(--sheet) }
dl { margin: 1rem 0 0; padding-top: 1rem; border-top: 1px solid var(--line) } dl div { display: flex; gap: .75rem } dt { flex: none; width: 7rem; color: var(--pale) } dd { margin: 0 }
code { overflow-wrap: anywhere; font: .9em/1.5 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace }
.main, .quiet { display: inline-block; min-height: 2.75rem; padding: .6rem 1.5rem; border: 1px solid var(--accent); border-radius: 9rem; font: inherit; font-weight: bold; text-decoration: none; cursor: pointer }
.main { background: var(--accent); color: var(--on-accent) } .quiet { background: none; color: var(--accent) }
.stack { display: flex; flex-wrap: wrap; gap: .75rem }
.note { margin: 1rem 0 0; font-size: .9rem }
@media (hover: hover) { button.person:hover { border-color: var(--accent) } .quiet:hover { background: var(--wash) } .main:hover { opacity: .88 } }`;
