/**
 * A programme's colours, worked out from its one accent colour.
 *
 * Holds for any colour, yellow, white and black too (WCAG 2.2, AA):
 *   1. text has a contrast of 4.5 : 1 or more to whatever our pages put behind it, in light and dark;
 *   2. what is seen without being read, such as the ring of the focus, has 3 : 1 or more;
 *   3. the contrasts are those of the rounded colours that the browser gets.
 *
 * The hue stays the brand's, in OKLCH, where lightness is what the eye takes for it; the lightness moves, and no further
 * than it must.
 */
import { ColorSpace, contrastWCAG21, OKLCH, parse, serialize, sRGB, to, toGamut } from "colorjs.io/fn";
import QuickLRU from "quick-lru";

type LightDark = { light: string; dark: string };

export type BrandColors = {
  /** Text, icons, rings. */
  accent: LightDark;
  /** What carries text: buttons. The brand's own colour wherever that can be seen. */
  accentFill: LightDark;
  onAccent: LightDark;
  accentSoft: LightDark;
  heroFrom: string;
  heroTo: string;
  /** Text on the hero; what fills a button there, on which heroFrom is the text. */
  onHero: string;
  /** Over a picture that lies behind the hero. */
  heroScrim: string;
};

// As app/globals.css has them. Text in the accent colour stands on all of these.
export const neutrals = {
  light: { page: "#f6f6f3", surface: "#ffffff", raised: "#ffffff" },
  dark: { page: "#101311", surface: "#191d1a", raised: "#212622" },
};
export const textContrastMin = 4.5;
export const shapeContrastMin = 3;
/** How much of the hero's text colour its quieter lines have, and how white its gleam is (app/globals.css). */
export const quietShare = 0.9;
export const gleamShare = 0.16;
export const scrimShare = 0.66;

const white = "#ffffff";
const black = "#000000";
const step = 0.005;

ColorSpace.register(sRGB);
ColorSpace.register(OKLCH);

const known = new QuickLRU<string, BrandColors>({ maxSize: 1_000 });

/** `isOnPicture`: the hero's text is white then, since its picture is darkened. */
export function brandColors(accentColor: string, { isOnPicture }: { isOnPicture: boolean }): BrandColors {
  const key = `${accentColor} ${isOnPicture}`;
  const colors = known.get(key) ?? computeColors(accentColor.toLowerCase(), isOnPicture);
  known.set(key, colors);
  return colors;
}

function computeColors(brand: string, isOnPicture: boolean): BrandColors {
  const [lightness, chroma, hue] = partsOf(brand);
  const shade = (l: number, c = chroma) => hexOf(l, Math.min(chroma, c), hue);
  const ink = shade(0.2, 0.04);

  const accentSoft = { light: shade(0.95, 0.2 * chroma), dark: shade(0.29, Math.min(0.5 * chroma, 0.045)) };
  const isReadable = (mode: "light" | "dark") => (color: string) =>
    [...Object.values(neutrals[mode]), accentSoft[mode]].every(
      (ground) => contrast(color, ground) >= textContrastMin,
    );
  const isSeenInLight =
    contrast(brand, white) >= shapeContrastMin || (chroma >= 0.08 && contrast(brand, white) >= 1.3);
  // A grey between would look like something that cannot be pressed: what has no hue goes to the ink's end.
  const colourfulness = Math.min(chroma / 0.05, 1);
  const darkest = isSeenInLight ? lightness : Math.min(lightness, 0.25 + 0.75 * colourfulness);
  const brightest = Math.max(lightness, 0.94 - 0.14 * colourfulness);
  // A pastel that is only darkened turns to mud, so its colour grows as its light goes.
  const deepened = (l: number) =>
    hexOf(l, chroma * (1 + 2 * Math.max(lightness - l, 0) * colourfulness), hue);
  const accent = {
    light: firstShade(deepened, darkest, -step, isReadable("light")),
    dark: firstShade((l) => shade(l, 0.16), brightest, step, isReadable("dark")),
  };

  const isSeenInDark = contrast(brand, neutrals.dark.raised) >= shapeContrastMin;
  const accentFill = {
    light: isSeenInLight ? brand : accent.light,
    dark: isSeenInDark ? brand : accent.dark,
  };
  const onFill = (fill: string) =>
    [white, ink].find((text) => contrast(text, fill) >= textContrastMin) ?? black;

  return {
    accent,
    accentFill,
    onAccent: { light: onFill(accentFill.light), dark: onFill(accentFill.dark) },
    accentSoft,
    ...(isOnPicture || contrast(brand, white) > 2.2
      ? deepHero(shade, lightness)
      : brightHero(shade, lightness, ink)),
    heroScrim: `${shade(0.18, 0.04)}${Math.round(scrimShare * 255).toString(16)}`,
  };
}

type Shade = (lightness: number, chromaMax?: number) => string;

/** White text on the brand's colour, darkened as far as that takes. */
function deepHero(shade: Shade, lightness: number) {
  const carriesWhite = (ground: string) => {
    const gleaming = mixed(ground, white, gleamShare);
    return contrast(mixed(gleaming, white, quietShare), gleaming) >= textContrastMin;
  };
  const heroTo = firstShade(shade, Math.max(lightness, 0.34), -step, carriesWhite);
  const heroFrom = shade(Math.max(0.62 * partsOf(heroTo)[0], 0.16));
  return { heroFrom, heroTo, onHero: white };
}

/** Dark text on a colour so bright that nothing of it would be left if it were darkened. */
function brightHero(shade: Shade, lightness: number, ink: string) {
  const carriesInk = (ground: string) => contrast(mixed(ground, ink, quietShare), ground) >= textContrastMin;
  const brightest = Math.min(lightness, 0.92); // white itself would not be told from the page
  const heroTo = firstShade(shade, brightest - 0.05, step, carriesInk);
  const heroFrom = firstShade(shade, brightest + 0.02, step, carriesInk);
  return { heroFrom, heroTo, onHero: ink };
}

function firstShade(shade: Shade, from: number, by: number, isGood: (color: string) => boolean): string {
  for (let lightness = Math.min(from, 1); lightness >= 0 && lightness <= 1; lightness += by) {
    const color = shade(lightness);
    if (isGood(color)) return color;
  }
  return by < 0 ? black : white;
}

export function contrast(one: string, other: string): number {
  return contrastWCAG21(parse(one), parse(other));
}

/** `over` laid on `under` with this opacity, as browsers do it. */
export function mixed(under: string, over: string, opacity: number): string {
  const [below, above] = [to(under, sRGB).coords, to(over, sRGB).coords];
  const coords = below.map((part, index) => (part ?? 0) * (1 - opacity) + (above[index] ?? 0) * opacity);
  return serialize(
    { space: sRGB, coords: coords as [number, number, number] },
    { format: "hex", collapse: false },
  );
}

function partsOf(hex: string): [lightness: number, chroma: number, hue: number] {
  const [lightness, chroma, hue] = to(hex, OKLCH).coords;
  return [lightness ?? 0, chroma ?? 0, hue ?? 0];
}

/** The nearest colour of this lightness that a screen can show. */
function hexOf(lightness: number, chroma: number, hue: number): string {
  const color = to({ space: OKLCH, coords: [lightness, chroma, hue], alpha: 1 }, sRGB);
  return serialize(toGamut(color, { space: sRGB, method: "css" }), { format: "hex", collapse: false });
}
