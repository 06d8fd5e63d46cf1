/** While a page asks whether its person is still signed in, nobody else sees it: globals.css. */
const root = () => document.documentElement;
let focused: Element | null = null;

export function conceal(): void {
  if (isConcealed()) return;
  focused = document.activeElement; // what is not visible cannot keep the focus
  root().dataset.concealed = "";
}

export function reveal(): void {
  if (!isConcealed()) return;
  delete root().dataset.concealed;
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  focused = null;
}

function isConcealed(): boolean {
  return root().dataset.concealed !== undefined;
}
