/** The demo shop's pages: plain HTML, as any shop's server might write it. */
import { escaped, inEuros } from "../html.ts";
import { buyingScript } from "./buying-script.ts";
import { describeOrder, type Order } from "./orders.ts";
import { type Person, people } from "./people.ts";
import { type Product, products, shelfProducts } from "./products.ts";
import { style } from "./style.ts";

/** `bought`: what was just bought here, by a browser that runs no scripts. */
export function homePage(person: Person | null, bought: Order | null = null): string {
  const welcome = person
    ? `<p>Good to see you, ${escaped(person.givenName)}. <a href="/rewards">Your rewards</a> are waiting.</p>`
    : `<p><a href="/sign-in">Sign in</a> to buy, and to see your rewards.</p>`;
  const tiles = products
    .map(
      (product) =>
        `<li>${picture(product)}<h2>${product.name}</h2><p>${inEuros(product.priceEuros)}</p>${person ? buyForm(product, "/") : ""}</li>`,
    )
    .join("");
  return page(
    "Acme",
    person,
    `<h1>Good things for every day</h1>${welcome}${person ? boughtLine(bought) : ""}<ul class="products">${tiles}</ul>`,
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

/** Where the frame starts; `way` tells a developer how it is signed in. */
export type RewardsFrame = { url: string; way: string };

/** The rewards in their frame, and above it a shelf to buy from. Without a frame the shop sells all the same. */
export function rewardsPage(person: Person, frame: RewardsFrame | null, bought: Order | null): string {
  const shelf = shelfProducts
    .map(
      (product) =>
        `<li>${picture(product)}<div><h2>${product.name}</h2><p>${inEuros(product.priceEuros)}</p></div>${buyForm(product, "/rewards")}</li>`,
    )
    .join("");
  const rewards = frame
    ? `<iframe src="${escaped(frame.url)}" title="Your rewards" referrerpolicy="strict-origin"></iframe>
<p class="note">${escaped(frame.way)}</p>`
    : `<section class="away">${awayNotice("h2")}</section>`;
  return page(
    "Your rewards",
    person,
    `<div class="title"><h1>Your rewards</h1><a class="quiet" href="/rewards/open" target="_blank" rel="noopener">Open in a new tab</a></div>
<section aria-label="Buy and collect"><ul class="shelf">${shelf}</ul>${boughtLine(bought)}</section>
${rewards}`,
  );
}

export function failurePage(person: Person | null): string {
  return page("Rewards", person, awayNotice("h1"));
}

function awayNotice(heading: "h1" | "h2"): string {
  return `<${heading}>Rewards are taking a break</${heading}><p>We cannot reach them right now. Please try again in a moment.</p>`;
}

function picture({ art }: Product): string {
  return `<img src="/art/${art}.svg" alt="" width="640" height="400">`;
}

/** One click buys. The script sends it without leaving the page; a browser without it comes back to `backTo`. */
function buyForm({ art, name, priceEuros }: Product, backTo: "/" | "/rewards"): string {
  const label = `Buy ${name} for ${inEuros(priceEuros)}`;
  return `<form class="buy" method="post" action="/buy"><input type="hidden" name="back" value="${backTo}"><button name="product" value="${art}" aria-label="${escaped(label)}">Buy</button></form>`;
}

/** Where the shop says what was bought, and what the rewards gave for it. */
function boughtLine(bought: Order | null): string {
  const { thanks, earned } = bought ? describeOrder(bought) : { thanks: "", earned: "" };
  return `<p class="bought" id="bought" role="status"><span>${escaped(thanks)}</span> <b>${escaped(earned)}</b></p>`;
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
<header><a class="brand" href="/">Acme</a><nav aria-label="Main">${account}</nav></header>
<main>${body}</main>
<footer>A demo: nothing is charged, nothing is sent. At the counter? <a href="/till">Open the till</a></footer>
${person ? `<script>${buyingScript}</script>` : ""}
</body>
</html>
`;
}
