import { ChevronDown } from "lucide-react";

import { ChipRow, ChoiceChip } from "#app/_components/choice-chip.tsx";
import { SearchForm } from "#app/_components/search-form.tsx";
import { getTranslations } from "#app/_i18n/texts.ts";
import type { ShelfSearch, ShelfSort } from "#lib/domain/rewards/search-shelf.ts";

/** What one may look for on the shelf; the page's address says it. */
export async function ShelfSearchForm({
  search,
  categories,
  sorts,
}: {
  search: ShelfSearch;
  categories: readonly string[];
  sorts: readonly ShelfSort[];
}) {
  const t = await getTranslations("rewards");
  return (
    <search>
      <SearchForm
        path="/rewards"
        shown={JSON.stringify(search)}
        label={t("search")}
        text={search.text}
        placeholder={t("searchHint")}
        submit={t("submit")}
      >
        {categories.length > 1 && (
          <fieldset className="min-w-0">
            <legend className="sr-only">{t("category")}</legend>
            <ChipRow>
              {["", ...categories].map((category) => (
                <ChoiceChip
                  key={category}
                  type="radio"
                  name="category"
                  value={category}
                  isChosen={category === (search.category ?? "")}
                >
                  {category || t("all")}
                </ChoiceChip>
              ))}
            </ChipRow>
          </fieldset>
        )}
        <div className="flex items-center justify-between gap-2">
          <ChoiceChip type="checkbox" name="reach" value="1" isChosen={search.isReachOnly}>
            {t("reach")}
          </ChoiceChip>
          <div className="relative min-w-0">
            <select
              name="sort"
              aria-label={t("sort")}
              defaultValue={search.sort}
              autoComplete="off"
              className="field appearance-none truncate rounded-full bg-surface ps-3.5 pe-9 text-sm max-sm:text-base"
            >
              {sorts.map((sort) => (
                <option key={sort} value={sort}>
                  {t(`sorts.${sort}`)}
                </option>
              ))}
            </select>
            <ChevronDown
              className="pointer-events-none absolute inset-y-0 end-3 my-auto size-5 text-muted"
              aria-hidden="true"
            />
          </div>
        </div>
        <noscript>
          <button type="submit" className="button-quiet w-full">
            {t("apply")}
          </button>
        </noscript>
      </SearchForm>
    </search>
  );
}
