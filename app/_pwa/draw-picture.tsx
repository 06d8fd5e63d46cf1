import { ImageResponse } from "next/og";
import QuickLRU from "quick-lru";
import type { CSSProperties, ReactElement } from "react";

import { BrandMark } from "#app/_components/brand-mark.tsx";
import { lookOf } from "#app/_pwa/look.ts";
import { type AppPictureName, appPictures } from "#app/_pwa/pictures.ts";
import { fetchLogo, type Logo } from "#lib/domain/tenants/fetch-logo.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

export type DrawnPicture = {
  png: Buffer;
  /** Whether a logo that there should be is not on it: then it is drawn anew before long. */
  lacksLogo: boolean;
};

const drawnMax = 2_000; // the cache may hold up to twice as many, of a few KB to 60
const lackingLogoMs = 60_000;
const withLogoMs = 24 * 60 * 60_000; // what is at a logo's address may become another picture
// One at a time: anybody may ask, and each takes the processor that all others' answers need.
let queue: Promise<unknown> = Promise.resolve();
const drawn = new QuickLRU<string, Promise<DrawnPicture>>({ maxSize: drawnMax });

/** A PNG, drawn once for each look of a programme; the logo is fetched for it. */
export async function drawPicture(tenant: Tenant, name: AppPictureName): Promise<DrawnPicture> {
  const key = JSON.stringify([tenant.id, lookOf(tenant), name]);
  const known = drawn.get(key);
  if (known) return known;
  const drawing = draw(tenant, name);
  drawn.set(key, drawing, { maxAge: lackingLogoMs });
  const picture = await drawing;
  drawn.set(key, drawing, { maxAge: picture.lacksLogo ? lackingLogoMs : withLogoMs });
  return picture;
}

async function draw(tenant: Tenant, name: AppPictureName): Promise<DrawnPicture> {
  const logo = await fetchLogo(tenant);
  const drawing = queue.then(async () => {
    // A file that is no picture shows only when it is drawn.
    const withLogo = logo && (await toPng(tenant, name, logo).catch(() => null));
    if (withLogo) return { png: withLogo, lacksLogo: false };
    return { png: await toPng(tenant, name, null), lacksLogo: tenant.brand.logoUrl !== null };
  });
  queue = drawing.catch(() => undefined);
  return drawing;
}

async function toPng(tenant: Tenant, name: AppPictureName, logo: Logo | null): Promise<Buffer> {
  const { widthPx, heightPx, shape } = appPictures[name];
  const sizes = { width: widthPx, height: heightPx };
  const element =
    shape === "screen" ? (
      <Screen {...{ tenant, logo, ...sizes }} />
    ) : (
      <Icon {...{ tenant, logo, shape, ...sizes }} />
    );
  return Buffer.from(await new ImageResponse(element, sizes).arrayBuffer());
}

type Canvas = { tenant: Tenant; logo: Logo | null; width: number; height: number };

const middle: CSSProperties = { display: "flex", alignItems: "center", justifyContent: "center" };
const laurelColors = {
  ...{ fill: "#17603f", onFill: "#ffffff" },
  ...{ heroFrom: "#0d3b28", heroTo: "#1f7a52", onHero: "#ffffff" },
};

function colorsOf({ brand: { colors } }: Tenant): typeof laurelColors {
  if (!colors) return laurelColors;
  const { accentFill, onAccent, heroFrom, heroTo, onHero } = colors;
  return { fill: accentFill.light, onFill: onAccent.light, heroFrom, heroTo, onHero };
}

/** The logo on white, or a mark in the programme's colours. */
function Icon({ tenant, logo, shape, width }: Canvas & { shape: "rounded" | "full" }): ReactElement {
  const { fill, onFill } = colorsOf(tenant);
  const share = shape === "rounded" ? 0.74 : 0.62; // a square of 0.62 lies within a circle of 0.88
  const side = width * share;
  return (
    <div
      style={{
        ...{ ...middle, width: "100%", height: "100%" },
        ...{ background: logo ? "#ffffff" : fill, color: onFill },
        borderRadius: shape === "rounded" ? width * 0.22 : 0,
      }}
    >
      {logo ? <LogoPicture {...{ logo }} width={side} height={side} /> : <Mark {...{ tenant }} side={side} />}
    </div>
  );
}

function LogoPicture({ logo, width, height }: { logo: Logo; width: number; height: number }): ReactElement {
  const source = `data:${logo.mediaType};base64,${logo.bytes.toString("base64")}`;
  return <img src={source} alt="" {...{ width, height }} style={{ objectFit: "contain" }} />;
}

// What the renderer's own font has: for other letters it would ask the internet for one.
const drawable = /^[ -~¡-¬®-ÿ]+$/; // without the soft hyphen, which it takes for another one

/** The programme's initial; the sprig where it has no colour of its own, or an initial that cannot be drawn. */
function Mark({ tenant: { name, brand }, side }: { tenant: Tenant; side: number }): ReactElement {
  const [initial = ""] = name.toUpperCase();
  if (brand.colors && drawable.test(initial)) {
    return <div style={{ ...middle, fontSize: side, lineHeight: 1 }}>{initial}</div>;
  }
  return <BrandMark style={{ width: side * 0.78, height: side * 0.9 }} />;
}

// Who is about to install the app is nobody yet: a balance as anybody's might be.
const figure = "1,250";

/** A home page without words: how it looks, in every language. */
function Screen({ tenant, logo, width, height }: Canvas): ReactElement {
  const { heroFrom, heroTo, onHero, fill } = colorsOf(tenant);
  const isWide = width > height;
  const unit = isWide ? height / 44 : width / 30;
  const inner = isWide ? width * 0.72 : width - 4 * unit;
  const bar = (share: number, color: string, thickness = 1): ReactElement => (
    <div
      style={{ width: `${share * 100}%`, height: unit * thickness, borderRadius: unit, background: color }}
    />
  );
  const cardsPerRow = isWide ? 3 : 2;
  const cardWidth = Math.floor((inner - (cardsPerRow - 1) * 1.5 * unit) / cardsPerRow);
  return (
    <div
      style={{
        ...{ display: "flex", flexDirection: "column", alignItems: "center", gap: 2 * unit },
        ...{ width: "100%", height: "100%", background: "#f6f6f3" },
      }}
    >
      <div style={{ ...middle, width: "100%", height: 5 * unit, background: "#ffffff" }}>
        <div style={{ display: "flex", alignItems: "center", width: inner, gap: unit, fontSize: 1.8 * unit }}>
          {logo ? (
            <LogoPicture {...{ logo }} width={8 * unit} height={3 * unit} />
          ) : (
            <div style={{ display: "flex", color: fill }}>
              <BrandMark style={{ width: 2.4 * unit, height: 2.8 * unit }} />
            </div>
          )}
          {!logo && drawable.test(tenant.name) && <div style={{ display: "flex" }}>{tenant.name}</div>}
        </div>
      </div>
      <div
        style={{
          ...{ display: "flex", flexDirection: "column", gap: 1.5 * unit, width: inner, padding: 2.5 * unit },
          ...{ borderRadius: 1.8 * unit, backgroundImage: `linear-gradient(135deg, ${heroFrom}, ${heroTo})` },
        }}
      >
        {bar(0.3, `${onHero}99`, 0.8)}
        <div style={{ display: "flex", fontSize: 5 * unit, lineHeight: 1, color: onHero }}>{figure}</div>
        {bar(0.7, `${onHero}66`, 0.8)}
      </div>
      <div style={{ display: "flex", flexWrap: "wrap", gap: 1.5 * unit, width: inner }}>
        {Array.from({ length: isWide ? 3 : 6 }, (_, card) => (
          <div
            key={card}
            style={{
              ...{ display: "flex", flexDirection: "column", width: cardWidth, overflow: "hidden" },
              ...{ borderRadius: 1.4 * unit, background: "#ffffff", border: "1px solid #e4e4de" },
            }}
          >
            <div
              style={{ display: "flex", width: "100%", height: 7 * unit, background: fill, opacity: 0.16 }}
            />
            <div style={{ display: "flex", flexDirection: "column", gap: unit, padding: 1.4 * unit }}>
              {bar(0.8, "#d6d8d3")}
              {bar(0.45, fill)}
            </div>
          </div>
        ))}
      </div>
    </div>
  );
}
