/** The demo shop's pages: plain HTML, as any shop's server might write it. */
import { type Person, people } from "./people.ts";

const products = [
  { art: "plant", name: "Little fig tree", euros: 24 },
  { art: "mug", name: "Stoneware mug", euros: 18 },
  { art: "umbrella", name: "Storm umbrella", euros: 29 },
  { art: "tote", name: "Canvas tote bag", euros: 14 },
];

export function homePage(person: Person | null): string {
  const welcome = person
    ? `<p>Good to see you, ${escaped(person.givenName)}. <a href="/rewards">Your rewards</a> are waiting.</p>`
    : `<p><a href="/sign-in">Sign in</a> to see your rewards.</p>`;
  const tiles = products
    .map(
      ({ art, name, euros }) =>
        `<li><img src="/art/${art}.svg" alt="" width="640" height="400"><h2>${name}</h2><p>€${euros}</p></li>`,
    )
    .join("");
  return page(
    "Acme",
    person,
    `<h1>Good things for every day</h1>${welcome}<ul class="products">${tiles}</ul>`,
  );
}

export function signInPage(): string {
  const buttons = people
    .map(
      ({ id, givenName, familyName, about }) =>
        `<li><form method="post" action="/sign-in"><button name="person" value="${id}"><b>${escaped(`${givenName} ${familyName}`)}</b><span>${about}</span></button></form></li>`,
    )
    .join("");
  return page(
    "Sign in",
    null,
    `<h1>Sign in</h1><p>This is a demo: choose who you are.</p><ul class="people">${buttons}</ul>`,
  );
}

/** `frameUrl`: where the frame starts; `way` tells a developer how it is signed in. */
export function rewardsPage(person: Person, frameUrl: string, way: string): string {
  return page(
    "Your rewards",
    person,
    `<div class="title"><h1>Your rewards</h1><a class="quiet" href="/rewards/open" target="_blank" rel="noopener">Open in a new tab</a></div>
<iframe src="${escaped(frameUrl)}" title="Your rewards" referrerpolicy="strict-origin"></iframe>
<p class="note">${escaped(way)}</p>`,
  );
}

export function failurePage(person: Person | null): string {
  return page(
    "Rewards",
    person,
    `<h1>Rewards are taking a break</h1><p>We cannot reach them right now. Please try again in a moment.</p>`,
  );
}

function page(title: string, person: Person | null, body: string): string {
  const account = person
    ? `<a href="/rewards">Rewards</a><form method="post" action="/sign-out"><button class="link">Sign out ${escaped(person.givenName)}</button></form>`
    : `<a href="/sign-in">Sign in</a>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>${escaped(title)} · Acme</title><style>${style}</style>
</head>
<body>
<header><a class="brand" href="/">Acme</a><nav>${account}</nav></header>
<main>${body}</main>
</body>
</html>
`;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

const style = `
:root { color-scheme: light; font: 1rem/1.5 Georgia, "Times New Roman", serif; color: #2b2118; background: #fdfaf5 }
* { box-sizing: border-box }
body { margin: 0 }
header { display: flex; align-items: center; justify-content: space-between; gap: 1rem; padding: .75rem clamp(1rem, 4vw, 3rem);
  border-bottom: 1px solid #e8dfd1; background: #fff }
header nav { display: flex; align-items: center; gap: 1.25rem }
.brand { font-size: 1.5rem; font-weight: bold; letter-spacing: -.02em; text-decoration: none }
a, .link { color: #7a3b12 } .link { padding: 0; border: 0; background: none; font: inherit; text-decoration: underline; cursor: pointer }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 3rem) 3rem }
h1 { margin: .5rem 0; font-size: clamp(1.6rem, 4vw, 2.4rem); line-height: 1.15; letter-spacing: -.02em }
ul { margin: 1.5rem 0; padding: 0; list-style: none }
.products { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)) }
.products li { overflow: hidden; border: 1px solid #e8dfd1; border-radius: .75rem; background: #fff }
.products img { display: block; width: 100%; height: auto } .products h2, .products p { margin: 0; padding: .75rem 1rem 0; font-size: 1.05rem }
.products p { padding: 0 1rem 1rem; color: #6b5a48 }
.people { display: grid; gap: .75rem; max-width: 28rem }
.people button { display: block; width: 100%; padding: 1rem 1.25rem; border: 1px solid #d9cdbb; border-radius: .75rem; background: #fff;
  font: inherit; text-align: start; cursor: pointer } .people button:hover { border-color: #7a3b12 } .people span { display: block; color: #6b5a48 }
.title { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem 1rem; margin-bottom: .75rem }
.quiet { font-size: .95rem } .note { color: #6b5a48; font-size: .9rem }
iframe { display: block; width: 100%; height: min(52rem, 82vh); min-height: 32rem; border: 1px solid #e8dfd1; border-radius: 1rem; background: #f6f6f3 }
:focus-visible { outline: 3px solid #7a3b12; outline-offset: 2px }`;
