import type { Metadata } from "next";
import { getTranslations } from "next-intl/server";

import { NoticePage } from "#app/_components/notice-page.tsx";

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations("notFound");
  return { title: t("title") };
}

export default async function NotFound() {
  const t = await getTranslations("notFound");
  return (
    <NoticePage title={t("title")} text={t("text")}>
      <a href="/" className="button-primary">
        {t("back")}
      </a>
    </NoticePage>
  );
}
