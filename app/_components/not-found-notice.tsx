import { getTranslations } from "next-intl/server";

import { NoticePage } from "#app/_components/notice-page.tsx";

export async function NotFoundNotice() {
  const t = await getTranslations("notFound");
  return (
    <NoticePage title={t("title")} text={t("text")}>
      <a href="/" className="button-primary">
        {t("back")}
      </a>
    </NoticePage>
  );
}
