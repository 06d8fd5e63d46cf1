/** How the shop looks: on paper, in brown ink, and plainly another house than the rewards in its frame. */
export const style = `
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
.products { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fill, minmax(min(18rem, 100%), 1fr)) }
.products li { display: grid; grid-template-columns: 1fr auto; align-items: center; overflow: hidden; border: 1px solid #e8dfd1; border-radius: .75rem; background: #fff }
.products img { grid-column: 1 / -1; display: block; width: 100%; height: auto }
.products h2, .products p { grid-column: 1; margin: 0; padding: .75rem 1rem 0; font-size: 1.05rem }
.products p { padding: 0 1rem 1rem; color: #6b5a48 } .products .buy { grid-area: 2 / 2 / span 2; padding-inline-end: 1rem }
.people { display: grid; gap: .75rem; max-width: 28rem }
.people button { display: block; width: 100%; padding: 1rem 1.25rem; border: 1px solid #d9cdbb; border-radius: .75rem; background: #fff;
  font: inherit; text-align: start; cursor: pointer } .people span { display: block; color: #6b5a48 }
.buy button { min-width: 2.75rem; min-height: 2.75rem; padding: .25rem 1rem; border: 1px solid #7a3b12; border-radius: 9rem; background: #fff; color: #7a3b12;
  font: inherit; font-weight: bold; cursor: pointer }
@media (hover: hover) { .people button:hover { border-color: #7a3b12 } .buy button:hover { background: #7a3b12; color: #fff } }
.buy button[aria-busy] { opacity: .55; cursor: progress }
.shelf { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(14.5rem, 1fr); gap: .75rem; margin: .75rem 0 0; padding-bottom: .25rem; overflow-x: auto; scroll-snap-type: x proximity }
.shelf li { display: flex; align-items: center; gap: .75rem; padding: .5rem .75rem .5rem .5rem; border: 1px solid #e8dfd1; border-radius: .75rem; background: #fff; scroll-snap-align: start }
.shelf img { flex: none; width: 3.5rem; height: 3.5rem; border-radius: .5rem; object-fit: cover } .shelf div { flex: 1; min-width: 0 }
.shelf h2, .shelf p { margin: 0; font-size: .95rem; line-height: 1.3 } .shelf p { color: #6b5a48 }
.bought { min-height: 1.5rem; margin: .5rem 0 } .bought b { color: #1c6b3a; white-space: nowrap }
.title { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem 1rem }
.quiet { font-size: .95rem } .note { color: #6b5a48; font-size: .9rem }
iframe { display: block; width: 100%; height: min(52rem, 82vh); min-height: 32rem; border: 1px solid #e8dfd1; border-radius: 1rem; background: #f6f6f3 }
.away { padding: 2rem; border: 1px solid #e8dfd1; border-radius: 1rem; background: #fff } .away h2 { margin: 0 }
footer { padding: 1.25rem clamp(1rem, 4vw, 3rem); border-top: 1px solid #e8dfd1; color: #6b5a48; font-size: .9rem }
:focus-visible { outline: 3px solid #7a3b12; outline-offset: 2px }`;
