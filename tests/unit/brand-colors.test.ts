import { globSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";

import {
  brandColors,
  contrast,
  gleamShare,
  mixed,
  neutrals,
  quietShare,
  scrimShare,
  shapeContrastMin,
  textContrastMin,
} from "#lib/domain/tenants/brand-colors.ts";

// Goal: whatever a programme's colour is, everybody can read its pages.
// Method: random colours and the hard ones; each pair below is one that app/_components puts on a page.

const white = "#ffffff";
const modes = ["light", "dark"] as const;
const lines = { light: "#e4e4de", dark: "#2d332f" };
const hardColors = ["#ffff00", "#ffffff", "#000000", "#39ff14", "#808080", "#777777", "#ff0000", "#0000ff"];

const anyColor = fc.oneof(
  fc.integer({ min: 0, max: 0xff_ff_ff }).map((value) => `#${value.toString(16).padStart(6, "0")}`),
  fc.constantFrom(...hardColors),
);
const forAnyColor = (holds: (color: string) => void) =>
  fc.assert(fc.property(anyColor, holds), {
    numRuns: 300,
    examples: hardColors.map((color) => [color] as [string]),
  });

function expectContrast(text: string, ground: string, min: number, what: string): void {
  expect(contrast(text, ground), `${what}: ${text} on ${ground}`).toBeGreaterThanOrEqual(min);
}

test("the contrast is WCAG's", () => {
  expect(contrast("#000000", white)).toBeCloseTo(21, 5);
  expect(contrast("#777777", white)).toBeCloseTo(4.478, 3);
});

test("text in the accent colour is read on every ground, and so is what stands on the accent", () => {
  forAnyColor((color) => {
    const { accent, accentFill, onAccent, accentSoft } = brandColors(color, { isOnPicture: false });
    for (const mode of modes) {
      for (const ground of [...Object.values(neutrals[mode]), accentSoft[mode]]) {
        expectContrast(accent[mode], ground, textContrastMin, `${color}, accent in ${mode}`);
      }
      expectContrast(onAccent[mode], accentFill[mode], textContrastMin, `${color}, button in ${mode}`);
      expectContrast(accent[mode], lines[mode], shapeContrastMin, `${color}, bar of progress in ${mode}`);
    }
  });
});

test("text on the hero is read at every place of its gradient, also where it gleams", () => {
  forAnyColor((color) => {
    const { heroFrom, heroTo, onHero } = brandColors(color, { isOnPicture: false });
    for (const place of [0, 0.25, 0.5, 0.75, 1]) {
      const plain = mixed(heroFrom, heroTo, place);
      for (const ground of [plain, mixed(plain, white, gleamShare)]) {
        expectContrast(onHero, ground, textContrastMin, `${color}, hero at ${place}`);
        expectContrast(
          mixed(ground, onHero, quietShare),
          ground,
          textContrastMin,
          `${color}, quiet at ${place}`,
        );
        expectContrast(onHero, mixed(ground, onHero, 0.22), shapeContrastMin, `${color}, ring at ${place}`);
      }
    }
    expectContrast(heroFrom, onHero, textContrastMin, `${color}, button on the hero`);
  });
});

test("white text on the hero's picture is read, whatever the picture shows", () => {
  forAnyColor((color) => {
    const { heroFrom, onHero, heroScrim } = brandColors(color, { isOnPicture: true });
    expect(onHero).toBe(white);
    expectContrast(heroFrom, onHero, textContrastMin, `${color}, button on the hero`);
    const scrim = heroScrim.slice(0, 7);
    expect(Number.parseInt(heroScrim.slice(7), 16) / 255).toBeCloseTo(scrimShare, 2);
    for (const pixel of [white, "#000000", color, "#ffff00", "#00ffff"]) {
      const ground = mixed(pixel, scrim, Number.parseInt(heroScrim.slice(7), 16) / 255);
      expectContrast(mixed(ground, white, quietShare), ground, textContrastMin, `${color} over ${pixel}`);
    }
  });
});

test("Laurel's own colours hold the same", () => {
  const variables = styleVariables();
  const both = (name: string) => variables.get(name)?.match(/#[0-9a-f]{6}/g) ?? [];
  const own = (name: string) => both(name)[0] ?? "";

  modes.forEach((mode, index) => {
    const [accent = "", onAccent = ""] = [both("accent")[index], both("on-accent")[index]];
    for (const ground of [...Object.values(neutrals[mode]), both("accent-soft")[index] ?? ""]) {
      expectContrast(accent, ground, textContrastMin, `accent in ${mode}`);
    }
    expectContrast(onAccent, accent, textContrastMin, `button in ${mode}`);
  });
  for (const ground of [own("hero-from"), own("hero-to")]) {
    expectContrast(mixed(ground, own("on-hero"), quietShare), ground, textContrastMin, "hero");
  }
  expect(variables.get("accent-fill")).toBe("var(--accent)");
});

test("the neutral colours, lines and shares are those of the style sheet and the components", () => {
  const variables = styleVariables();
  for (const name of ["page", "surface", "raised"] as const) {
    const [light, dark] = [neutrals.light[name], neutrals.dark[name]];
    expect(variables.get(name)).toBe(`light-dark(${light}, ${dark})`);
  }
  expect(variables.get("line")).toBe(`light-dark(${lines.light}, ${lines.dark})`);
  expect(readFileSync("app/globals.css", "utf8")).toContain(`rgb(255 255 255 / ${gleamShare})`);
  const quiet = readFileSync("app/_components/balance-hero.tsx", "utf8").match(/text-on-hero\/\d+/g);
  expect(new Set(quiet)).toEqual(new Set([`text-on-hero/${quietShare * 100}`]));
});

test("text on the accent lies on the fill that it was computed for", () => {
  const written = globSync("app/**/*.tsx").flatMap((file) =>
    readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line.includes("text-on-accent")),
  );

  expect(written.length).toBeGreaterThan(0);
  for (const line of written) {
    expect(line).toContain("bg-accent-fill");
    expect(line).not.toMatch(/\bbg-accent(?![\w-])/);
  }
});

test("a colour that can be seen and written on is used as it is", () => {
  const yellow = brandColors("#FFD400", { isOnPicture: false });
  expect(yellow.accentFill).toEqual({ light: "#ffd400", dark: "#ffd400" });
  expect(yellow.onHero).not.toBe(white);
  expect(brandColors("#17603f", { isOnPicture: false }).accent.light).toBe("#17603f");
});

/** The variables of app/globals.css, by name. */
function styleVariables(): Map<string, string> {
  const css = readFileSync("app/globals.css", "utf8");
  const root = css.slice(css.indexOf(":root,"), css.indexOf("@theme"));
  return new Map(
    Array.from(root.matchAll(/--([a-z-]+): ([^;]+);/g), ([, name = "", value = ""]) => [name, value]),
  );
}
