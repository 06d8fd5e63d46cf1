import { expect, test } from "vitest";

import { db } from "#lib/db/client.ts";
import { applyProgramme } from "#lib/domain/programme/apply-programme.ts";
import { taglineIn } from "#lib/domain/tenants/brand.ts";
import { createTenant, getTenant, type TestTenant } from "#tests/support/factories.ts";

// Goal: a programme file says how a programme looks, part by part, and changes nothing else.

const whole = {
  accentColor: "#ffd400",
  logoUrl: "https://example.com/logo.svg",
  logoDarkUrl: "https://example.com/logo-dark.svg",
  cornerRadius: "large",
  font: "serif",
  heroPictureUrl: "https://example.com/hero.jpg",
  texts: { en: { tagline: "Sunny side up." }, de: { tagline: "Heute mit Sonne." } },
};

const plain = {
  colors: null,
  logoUrl: null,
  logoDarkUrl: null,
  cornerRadius: "medium",
  font: "geist",
  heroPictureUrl: null,
  texts: {},
};

/** Applies a file that names the tenant again, with this brand. */
async function applyBrand({ code, host }: TestTenant, brand: unknown): Promise<void> {
  const tenant = { code, name: "Test", hostnames: [host], authMode: "embedded", brand };
  await applyProgramme(JSON.stringify({ tenants: [tenant] }));
}

async function rowOf({ id }: TestTenant) {
  const { updatedAt, ...row } = await db().tenant.findUniqueOrThrow({ where: { id } });
  return row;
}

test("a programme without a brand looks as Laurel does", async () => {
  const tenant = await createTenant();

  expect(tenant.brand).toEqual(plain);
  expect((await rowOf(tenant)).brand).toBeNull();
});

test("a whole brand is stored as the file has it, and read with its colours", async () => {
  const tenant = await createTenant({ brand: whole });

  const { accentColor, ...rest } = whole;
  expect((await rowOf(tenant)).brand).toEqual(whole);
  expect(tenant.brand).toMatchObject(rest);
  expect(tenant.brand.colors?.accentFill.light).toBe(accentColor);
});

test("a part that is left out stays, and one that is null goes, down to each language", async () => {
  const tenant = await createTenant({ brand: whole });

  await applyBrand(tenant, {
    accentColor: "#102030",
    logoDarkUrl: null,
    texts: { de: { tagline: null }, fr: { tagline: "Avec du soleil." } },
  });
  const { brand } = await getTenant(tenant.host);

  expect(brand.colors?.accent.light).toBe("#102030");
  expect(brand).toMatchObject({ logoUrl: whole.logoUrl, logoDarkUrl: null, font: "serif" });
  expect(brand.texts).toEqual({ en: whole.texts.en, de: {}, fr: { tagline: "Avec du soleil." } });
});

test("a file without a brand leaves it, and null takes it away; nothing else changes", async () => {
  const settings = { locale: "de", hostUrl: "https://shop.example/", hostOrigins: ["https://shop.example"] };
  const tenant = await createTenant({ ...settings, brand: whole });
  const before = await rowOf(tenant);

  await applyBrand(tenant, undefined);
  expect(await rowOf(tenant)).toEqual(before);

  await applyBrand(tenant, null);
  expect(await rowOf(tenant)).toEqual({ ...before, brand: null });
  expect((await getTenant(tenant.host)).brand).toEqual(plain);
});

const tooLong = "x".repeat(81);
test.each([
  [{ accentColor: "yellow" }, "accentColor: Enter a colour such as #17603f."],
  [{ accentColor: "#fd4" }, "accentColor: Enter a colour such as #17603f."],
  [{ accentColor: "#ffd400;}" }, "accentColor: Enter a colour such as #17603f."],
  [{ accentColor: 7 }, "accentColor: Enter a colour such as #17603f."],
  [{ logoUrl: "http://example.com/logo.svg" }, "logoUrl: Enter an https:// address (http:// on localhost)."],
  [
    { logoDarkUrl: "data:image/png;base64,AA==" },
    "logoDarkUrl: Enter an https:// address (http:// on localhost).",
  ],
  [{ heroPictureUrl: "//example.com" }, "heroPictureUrl: Enter an https:// address (http:// on localhost)."],
  [{ cornerRadius: "round" }, "cornerRadius: The cornerRadius is none, small, medium or large."],
  [{ font: "Comic Sans" }, "font: The font is geist, system, serif or rounded."],
  [{ texts: { de: { tagline: tooLong } } }, "texts.de.tagline: Enter at most 80 characters; there are 81."],
  [{ texts: { en: { tagline: " " } } }, "texts.en.tagline: Enter a text."],
  [{ texts: { it: { tagline: "Ciao." } } }, "texts.it: There is no such field."],
  [{ colour: "#ffd400" }, "colour: There is no such field."],
])("%j is told with its path, and changes nothing", async (mistake, line) => {
  const tenant = await createTenant({ brand: whole });
  const before = await rowOf(tenant);

  const applying = applyBrand(tenant, { font: "rounded", ...mistake });

  await expect(applying).rejects.toThrow(`tenants[0].brand.${line}`);
  expect(await rowOf(tenant)).toEqual(before);
});

test("the database takes an object for a brand, and nothing else", async () => {
  const { id } = await createTenant();
  await expect(db().tenant.update({ where: { id }, data: { brand: "#ffd400" } })).rejects.toThrow(
    "tenants_brand_check",
  );
});

test("a tagline is the page's language's, or else the programme's own, or none", async () => {
  const tenant = await createTenant({ locale: "de", brand: { texts: { ...whole.texts, es: {} } } });

  expect(taglineIn(tenant, "en")).toEqual({ text: "Sunny side up.", locale: "en" });
  expect(taglineIn(tenant, "es")).toEqual({ text: "Heute mit Sonne.", locale: "de" });
  expect(taglineIn({ brand: { ...tenant.brand, texts: {} }, locale: "de" }, "de")).toBeNull();
});
