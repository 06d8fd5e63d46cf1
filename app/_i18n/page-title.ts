import type { Metadata } from "next";
import { getTranslations } from "next-intl/server";

type Page = "home" | "card" | "rewards" | "wallet" | "activity" | "profile" | "signedOut" | "notFound";

/** A page's `generateMetadata`: its title, in the reader's language. */
export function pageTitle(page: Page): () => Promise<Metadata> {
  return async () => {
    const t = await getTranslations(page);
    return { title: t("title") };
  };
}
