/** The paper that the identity server's pages and the mailbox are printed on, by day and by night; each has its own ink. */
export const paper = `
:root { color-scheme: light dark; font: 1rem/1.5 Georgia, "Times New Roman", serif; color: var(--ink); background: var(--paper);
  --paper: #fdfaf5; --sheet: #fff; --ink: #2b2118; --pale: #6b5a48; --line: #e8dfd1; --edge: #b9a88f; --on-accent: #fff }
@media (prefers-color-scheme: dark) { :root {
  --paper: #1a1613; --sheet: #241f1a; --ink: #f3ece2; --pale: #bcae9c; --line: #3a322a; --edge: #6f6253; --on-accent: #1a1613 } }
* { box-sizing: border-box }
body { display: flex; flex-direction: column; min-height: 100vh; min-height: 100dvh; margin: 0 }
header { display: flex; align-items: center; justify-content: space-between; gap: 1rem; padding: .75rem clamp(1rem, 4vw, 3rem);
  border-bottom: 1px solid var(--line); background: var(--sheet) }
.brand { font-size: 1.5rem; font-weight: bold; letter-spacing: -.02em; text-decoration: none }
a { color: var(--accent) }
main { flex: 1; width: 100%; margin: 0 auto; padding: clamp(1.5rem, 7vh, 4.5rem) clamp(1rem, 4vw, 3rem) 3rem }
h1 { margin: 0 0 .5rem; font-size: clamp(1.6rem, 4vw, 2.1rem); line-height: 1.15; letter-spacing: -.02em; text-wrap: balance }
p { margin: 0 0 1rem; text-wrap: pretty } .pale { color: var(--pale) }
ul { margin: 1.5rem 0; padding: 0; list-style: none }
footer { padding: 1.25rem clamp(1rem, 4vw, 3rem); border-top: 1px solid var(--line); color: var(--pale); font-size: .9rem }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }`;
