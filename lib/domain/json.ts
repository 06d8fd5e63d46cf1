/** JSON from outside, read more strictly than JSON.parse: no two equal keys in one object, no depth over 32. */
import { visit } from "jsonc-parser";

const depthMax = 32;

/** Throws a SyntaxError that says what is wrong; where, as a line and column, if the parser knows it. */
export function parseStrictJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  checkDepthAndKeys(text);
  return value;
}

/** `text` is valid JSON already, so the visitor's own leniency (comments, commas) lets nothing in. */
function checkDepthAndKeys(text: string): void {
  const openObjects: (Set<string> | null)[] = [];
  const open = (keys: Set<string> | null) => {
    if (openObjects.push(keys) > depthMax) throw new SyntaxError(`More than ${depthMax} levels deep.`);
  };
  const close = () => {
    openObjects.pop();
  };
  visit(text, {
    onObjectBegin: () => open(new Set()),
    onArrayBegin: () => open(null),
    onObjectEnd: close,
    onArrayEnd: close,
    onObjectProperty: (key, _offset, _length, line, column) => {
      const keys = openObjects.at(-1);
      if (keys?.has(key)) {
        throw new SyntaxError(`The key "${key}" stands twice (line ${line + 1}, column ${column + 1}).`);
      }
      keys?.add(key);
    },
  });
}
