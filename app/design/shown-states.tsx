"use client";

import { useEffect } from "react";

/**
 * Shows what is else seen for a moment only: `data-shown="hover"` looks as `:hover` does. It repeats the rules that the page
 * has, so that nothing is drawn here in a way of its own.
 */
const shownBy: readonly (readonly [state: RegExp, shown: string])[] = [
  [/(?<!\\):hover/g, '[data-shown~="hover"]'], // not the one in the name of a class, which is escaped
  [/(?<!\\):focus-visible/g, '[data-shown~="focus"]'],
];

export function ShownStates() {
  useEffect(() => {
    for (const sheet of document.styleSheets) repeatRules(sheet);
  }, []);
  return null;
}

function repeatRules(group: CSSStyleSheet | CSSGroupingRule | CSSStyleRule): void {
  const rules = [...group.cssRules];
  for (const rule of rules) {
    if (rule instanceof CSSStyleRule) {
      const repeated = shownBy.reduce((text, [state, shown]) => text.replaceAll(state, shown), rule.cssText);
      if (repeated !== rule.cssText) group.insertRule(repeated, group.cssRules.length);
    }
    if (rule instanceof CSSGroupingRule || rule instanceof CSSStyleRule) repeatRules(rule);
  }
}
