import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseAst } from "vitest/node";

// Goal: whatever people read or hear of a page stands in the catalogues, in every language.
// Method: read every .tsx file of app/ as its syntax, and look at the text in elements and at the attributes that are read.

const readAttributes = [
  "alt",
  "aria-label",
  "aria-description",
  "aria-roledescription",
  "aria-valuetext",
].concat(["label", "placeholder", "title", "hint", "text"]);

// What is the same in every language. The programme's name and the members' own words come from the database.
const mayStay: readonly string[] = [];

type Node = { type: string; [key: string]: unknown };

const files = readdirSync("app", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".tsx"))
  .map((name) => `app/${name}`);

test("the reader of texts sees what it is meant to see", () => {
  const found = textsIn(`
    const a = <p title="One" className="two" aria-label={\`Three \${b}\`}>
      Four <b>{"Five"}</b> {c === "no" ? "Six" : d && "Seven"} {t("eight")} · 9 {" "}
      <Field label={e ?? "Ten"} {...{ hint: "Eleven", name: "twelve" }} hint={t("x", { n: "thirteen" })} />
    </p>;
  `);
  const all = ["One", "Three ", "Four", "Five", "Six", "Seven", "Ten", "Eleven"];
  expect(found.toSorted()).toEqual(all.toSorted());
});

test("no page has a text of its own", () => {
  expect(files.length).toBeGreaterThan(40);
  const strays = files.flatMap((file) =>
    textsIn(readFileSync(file, "utf8"))
      .filter((text) => !mayStay.includes(text))
      .map((text) => `${file}: ${text}`),
  );
  expect(strays).toEqual([]);
});

/** The texts that people would read, as they stand in a source. */
function textsIn(source: string): string[] {
  const found: string[] = [];
  visit(parseAst(source, { lang: "tsx" }) as unknown as Node, found);
  return found;
}

function visit(node: Node, found: string[]): void {
  if (node.type === "JSXText") addText(node.value, found);
  if (node.type === "JSXElement" || node.type === "JSXFragment") {
    for (const child of node.children as Node[])
      if (child.type === "JSXExpressionContainer") addSaid(child, found);
  }
  if (node.type === "JSXAttribute" && isRead((node.name as Node).name)) addSaid(node.value as Node, found);
  if (node.type === "JSXSpreadAttribute") addProperties(node.argument as Node, found);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === "string") visit(child as Node, found);
    }
  }
}

function isRead(name: unknown): boolean {
  return typeof name === "string" && readAttributes.includes(name);
}

/** What an object that is spread over an element says. */
function addProperties(node: Node, found: string[]): void {
  if (node.type !== "ObjectExpression") return;
  for (const property of node.properties as Node[]) {
    if (property.type === "Property" && isRead((property.key as Node).name))
      addSaid(property.value as Node, found);
  }
}

/** The literals that an expression can come out as; what a function makes of its own is the function's affair. */
function addSaid(node: Node | null, found: string[]): void {
  if (!node) return;
  if (node.type === "Literal") addText(node.value, found);
  if (node.type === "TemplateLiteral") {
    for (const part of node.quasis as { value: { cooked: string } }[])
      addText(part.value.cooked, found, false);
  }
  const parts = {
    JSXExpressionContainer: ["expression"],
    ConditionalExpression: ["consequent", "alternate"],
    LogicalExpression: ["left", "right"],
    BinaryExpression: node.operator === "+" ? ["left", "right"] : [],
  }[node.type];
  for (const part of parts ?? []) addSaid(node[part] as Node, found);
}

function addText(value: unknown, found: string[], isTrimmed = true): void {
  if (typeof value !== "string" || !/\p{L}/u.test(value)) return;
  found.push(isTrimmed ? value.trim() : value);
}
