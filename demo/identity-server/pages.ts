/** Demo ID's pages: plain HTML without scripts, in the shop's hand but in another ink. */
import { escaped } from "../html.ts";
import { paper } from "../paper.ts";
import type { Club } from "./club.ts";
import { describePerson, nameOf, type Person, people } from "./people.ts";

/** Who to be: one click, and no password. It posts to its own address. */
export function signInPage(club: Club): string {
  const buttons = people
    .map(
      (person) =>
        `<li><button class="person" name="person" value="${person.sub}">${portrait(person, describePerson(person))}</button></li>`,
    )
    .join("");
  return page(
    "Sign in",
    `<h1>Sign in to ${escaped(club.name)}</h1><p class="pale">This is a demo: choose who you are. There is no password.</p>
<form method="post"><ul>${buttons}</ul><button class="quiet" name="cancel" value="yes">Cancel</button></form>`,
  );
}

/** `signOutForm`: where a press on the button goes, and the secret that proves that it came from this page. */
export function accountPage(
  account: { person: Person; isAtClub: boolean; signOutForm: { action: string; xsrf: string } } | null,
  club: Club,
): string {
  if (!account) {
    return page(
      "Nobody is signed in",
      `<h1>Nobody is signed in here</h1><p class="pale">Demo ID is the identity server of ${escaped(club.name)}. Sign in there, and it sends you here to say who you are.</p>${wayToClub(club)}`,
    );
  }
  const { person, isAtClub, signOutForm } = account;
  const where = isAtClub
    ? `<a href="${escaped(club.url)}/">${escaped(club.name)}</a>`
    : "Nowhere at the moment";
  const note = isAtClub
    ? `<p class="pale note">Demo ID then tells ${escaped(club.name)}, server to server, and every session there ends.</p>`
    : "";
  return page(
    `Signed in as ${nameOf(person)}`,
    `<h1>Signed in as ${escaped(nameOf(person))}</h1>
<section class="sheet"><div class="person">${portrait(person, person.email)}</div>
<dl><div><dt>Signed in at</dt><dd>${where}</dd></div><div><dt>Known as</dt><dd><code>${person.sub}</code></dd></div></dl></section>
<form method="post" action="${escaped(signOutForm.action)}"><input type="hidden" name="xsrf" value="${escaped(signOutForm.xsrf)}"><button class="main" name="logout" value="yes">Sign out everywhere</button></form>
${note}`,
  );
}

/** The question after a sign-out elsewhere. `form` is the provider's own, empty but for its secret; the buttons send it. */
export function signOutPage(person: Person | null, form: string, club: Club): string {
  const who = person
    ? `<section class="sheet"><div class="person">${portrait(person, person.email)}</div></section>`
    : "";
  return page(
    "Sign out",
    `<h1>Sign out of Demo ID, too?</h1><p class="pale">Otherwise the next visit to ${escaped(club.name)} signs you in again without a question.</p>${who}
${form}<div class="stack"><button class="main" form="op.logoutForm" name="logout" value="yes">Sign out</button><button class="quiet" form="op.logoutForm">Stay signed in here</button></div>`,
  );
}

export function signedOutPage(club: Club): string {
  return page(
    "Signed out",
    `<h1>You are signed out</h1><p class="pale">Whoever had signed you in with Demo ID has been told.</p>${wayToClub(club)}`,
  );
}

/** `reason` is for whoever looks after the club: in the provider's words. */
export function failurePage(club: Club, reason: string): string {
  return page(
    "That did not work",
    `<h1>That did not work</h1><p>Nothing was changed. Go back to ${escaped(club.name)}, and start again from there.</p>${wayToClub(club)}<p class="pale note"><code>${escaped(reason)}</code></p>`,
  );
}

function wayToClub({ name, url }: Club): string {
  return `<p><a class="main" href="${escaped(url)}/">Open ${escaped(name)}</a></p>`;
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
