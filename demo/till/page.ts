/** The till's one page. A code stands in its field, selected, so that the next scan replaces it and Enter checks it. */
import { escaped, inEuros } from "../html.ts";
import type { Voucher } from "./laurel.ts";

export type TillState =
  | { is: "waiting" }
  | { is: "good"; voucher: Voucher; onceKey: string }
  | { is: "used"; voucher: Voucher }
  | { is: "unsure"; code: string; onceKey: string }
  | { is: "refused"; code: string; refusal: string };

export function tillPage(state: TillState): string {
  const code = codeOf(state);
  const { title, body } = resultOf(state);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>${escaped(title)} · Till</title><style>${style}</style>
</head>
<body>
<header><a href="/">Acme</a><span>Till</span></header>
<main>
<h1>Check a voucher</h1>
<form method="post" action="/till/check">
<label for="code">Code</label>
<div class="row">
<input id="code" name="code" value="${escaped(code)}" required autofocus maxlength="128" autocomplete="off" autocapitalize="characters" spellcheck="false" enterkeyhint="go" placeholder="ABCD-1234"${body ? ' aria-describedby="result"' : ""}>
<button>Check</button>
</div>
</form>
<section id="result" aria-label="Result" class="${state.is}">${body}</section>
</main>
<script>${script}</script>
</body>
</html>
`;
}

function codeOf(state: TillState): string {
  switch (state.is) {
    case "waiting":
      return "";
    case "good":
    case "used":
      return state.voucher.code;
    case "unsure":
    case "refused":
      return state.code;
  }
}

function resultOf(state: TillState): { title: string; body: string } {
  switch (state.is) {
    case "waiting":
      return { title: "Check a voucher", body: "" };
    case "good": {
      const { voucher, onceKey } = state;
      const body = `${verdict("Good for", voucher)}${facts(voucher)}${useForm("Use it up", voucher.code, onceKey)}`;
      return { title: `Good for ${voucher.name}`, body };
    }
    case "used": {
      const { voucher } = state;
      const body = `${verdict("Used up. Hand over", voucher)}<p>The code is spent, and opens nothing any more.</p>`;
      return { title: `Used up: ${voucher.name}`, body };
    }
    case "unsure": {
      const { code, onceKey } = state;
      const body = `<h2>We heard nothing back</h2><p>Press again. However often you press, the voucher is used up once.</p>${useForm("Try again", code, onceKey)}`;
      return { title: "Not sure yet", body };
    }
    case "refused": {
      const { title, text } = explain(state.refusal);
      return { title, body: `<h2>${title}</h2><p>${text}</p>` };
    }
  }
}

function verdict(lead: string, { name, pictureUrl }: Voucher): string {
  const picture = pictureUrl ? `<img src="${escaped(pictureUrl)}" alt="" width="640" height="400">` : "";
  return `${picture}<h2><small>${lead}</small> ${escaped(name)}</h2>`;
}

const dayFormat = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });

function facts({ expiresAt, valueEuros, terms }: Voucher): string {
  const rows = [
    ["Until", expiresAt ? dayFormat.format(expiresAt) : "without an end"],
    ...(valueEuros === null ? [] : [["Worth", inEuros(valueEuros)]]),
    ...(terms === null ? [] : [["Terms", terms]]),
  ];
  const list = rows.map(([term = "", fact = ""]) => `<div><dt>${term}</dt><dd>${escaped(fact)}</dd></div>`);
  return `<dl>${list.join("")}</dl>`;
}

function useForm(label: string, code: string, onceKey: string): string {
  return `<form method="post" action="/till/use"><input type="hidden" name="code" value="${escaped(code)}"><input type="hidden" name="onceKey" value="${escaped(onceKey)}"><button class="use">${label}</button></form>`;
}

const texts: Record<string, { title: string; text: string }> = {
  benefit_not_found: {
    title: "Nobody has this code",
    text: "Look for a slip: an O for a 0, an I for a 1. Or ask to see the voucher again.",
  },
  voucher_already_used: {
    title: "It has been used already",
    text: "A voucher works once. The member sees when it was used under “Wallet”.",
  },
  benefit_expired: { title: "Its time is over", text: "It had to be used before. Nothing was changed." },
  member_restricted: {
    title: "It cannot be used at the moment",
    text: "The membership is on hold. The programme’s manager knows more.",
  },
  invalid_input: { title: "This cannot be a code", text: "Scan it, or type it again." },
  rate_limited: { title: "Too many at once", text: "Wait a moment, and check again." },
  unheard: {
    title: "The rewards cannot be reached",
    text: "Nothing was changed. Check again in a moment.",
  },
};

/** In the words of somebody at a counter; whoever looks after the till needs the code of what else can go wrong. */
function explain(refusal: string): { title: string; text: string } {
  const text = `Nothing was changed. Tell whoever looks after the till: ${escaped(refusal)}.`;
  return texts[refusal] ?? { title: "The till was refused", text };
}

const script = `
const code = document.getElementById("code");
code.focus();
code.select();
`;

const style = `
:root { color-scheme: light; font: 1.125rem/1.5 Georgia, "Times New Roman", serif; color: #2b2118; background: #fdfaf5 }
* { box-sizing: border-box }
body { margin: 0 }
header { display: flex; align-items: baseline; gap: .75rem; padding: .75rem clamp(1rem, 4vw, 3rem); border-bottom: 1px solid #e8dfd1; background: #fff }
header a { color: #7a3b12; font-size: 1.5rem; font-weight: bold; letter-spacing: -.02em; text-decoration: none } header span { color: #6b5a48 }
main { max-width: 44rem; margin: 0 auto; padding: clamp(1rem, 5vh, 4rem) clamp(1rem, 4vw, 3rem) 3rem }
h1 { margin: 0 0 1.5rem; font-size: clamp(1.8rem, 5vw, 2.6rem); line-height: 1.15; letter-spacing: -.02em }
label { display: block; margin-bottom: .35rem; font-weight: bold }
.row { display: flex; flex-wrap: wrap; gap: .75rem }
input { flex: 1 1 14rem; min-width: 0; min-height: 4rem; padding: .5rem 1rem; border: 2px solid #b9a88f; border-radius: .75rem; background: #fff; color: inherit;
  font: 1.75rem/1.2 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; letter-spacing: .06em }
input::placeholder { color: #8a7a67 }
button { flex: 1 0 8rem; min-height: 4rem; padding: .5rem 1.75rem; border: 2px solid #7a3b12; border-radius: .75rem; background: #fff; color: #7a3b12;
  font: inherit; font-size: 1.25rem; font-weight: bold; cursor: pointer }
.use { width: 100%; margin-top: 1.25rem; border-color: #1c6b3a; background: #1c6b3a; color: #fff }
#result { margin-top: 2rem } #result:not(.waiting) { overflow: hidden; padding: 1.5rem; border: 1px solid #e8dfd1; border-inline-start: .5rem solid #b9a88f; border-radius: .75rem; background: #fff }
#result.good, #result.used { border-inline-start-color: #1c6b3a } #result.refused { border-inline-start-color: #a32018 }
#result img { float: inline-end; width: clamp(5rem, 20vw, 7rem); height: auto; margin: 0 0 .5rem 1rem; border-radius: .5rem } #result.used { background: #e9f3eb }
h2 { margin: 0; font-size: 1.6rem; line-height: 1.25 } h2 small { display: block; color: #1c6b3a; font-size: 1.05rem } .refused h2 { color: #a32018 }
#result p { margin: .5rem 0 0 } dl { clear: both; margin: 0; padding-top: 1rem } dl div { display: flex; gap: .75rem } dt { flex: none; width: 4rem; color: #6b5a48 } dd { margin: 0 }
:focus-visible { outline: 3px solid #7a3b12; outline-offset: 2px }`;
