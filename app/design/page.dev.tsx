/**
 * GET /design, in development alone: every part of app/_components in its states, by day and by night beside each other.
 * `?color=`, `corners=` and `font=` are a brand's, `locale=` turns the page to a language and its direction. What is drawn here
 * is the parts themselves; only the data are made up.
 */
import { brandStyle } from "#app/_components/brand-style.ts";
import { Parts } from "#app/design/parts.tsx";
import { sampleLocales, sampleTenant, words } from "#app/design/samples.ts";
import { ShownStates } from "#app/design/shown-states.tsx";
import { type Brand, brandOf } from "#lib/domain/tenants/brand.ts";

const corners = ["none", "small", "medium", "large"] as const;
const fonts = ["geist", "system", "serif", "rounded"] as const;

type Query = Partial<Record<"color" | "corners" | "font" | "locale", string | string[]>>;

export const metadata = { title: words.title };

export default async function DesignPage({ searchParams }: { searchParams: Promise<Query> }) {
  const query = await searchParams;
  const brand = brandIn(query);
  const color = isColor(query.color) ? query.color : "#17603f";

  return (
    <main className="space-y-6 p-4 sm:p-6">
      <ShownStates />
      <h1 className="font-semibold text-2xl tracking-tight">{words.title}</h1>
      <form className="flex flex-wrap items-end gap-4">
        <label className="font-medium text-sm">
          {words.color}
          <input name="color" type="color" defaultValue={color} className="mt-1.5 block h-11 w-20" />
        </label>
        <Select name="corners" label={words.corners} values={corners} value={brand.cornerRadius} />
        <Select name="font" label={words.font} values={fonts} value={brand.font} />
        <Select
          name="locale"
          label={words.language}
          values={sampleLocales}
          value={String(query.locale ?? "en")}
        />
        <button type="submit" className="button-primary">
          {words.show}
        </button>
      </form>
      <div className="grid gap-6 min-[75rem]:grid-cols-2">
        {(["light", "dark"] as const).map((theme) => (
          <div
            key={theme}
            data-theme={theme}
            style={brandStyle({ brand })}
            className="min-w-0 rounded-3xl border border-line bg-page p-4 font-sans text-ink sm:p-6"
          >
            <Parts tenant={sampleTenant(brand)} />
          </div>
        ))}
      </div>
    </main>
  );
}

function isColor(color: Query["color"]): color is string {
  return typeof color === "string" && /^#[\da-f]{6}$/i.test(color);
}

function brandIn({ color, corners: cornerRadius, font }: Query): Brand {
  return brandOf({
    ...(isColor(color) ? { accentColor: color } : {}),
    cornerRadius: corners.find((each) => each === cornerRadius) ?? "medium",
    font: fonts.find((each) => each === font) ?? "geist",
  });
}

function Select({
  name,
  label,
  values,
  value,
}: {
  name: string;
  label: string;
  values: readonly string[];
  value: string;
}) {
  return (
    <label className="font-medium text-sm">
      {label}
      <select name={name} defaultValue={value} className="field mt-1.5">
        {values.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    </label>
  );
}
