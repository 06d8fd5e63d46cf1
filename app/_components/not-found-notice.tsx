import type { NoticePage } from "#app/_components/notice-page.tsx";
import { getTranslations } from "#app/_i18n/texts.ts";

/** `Frame` is the page's own where there is none around it yet. */
export async function NotFoundNotice({ Frame }: { Frame: typeof NoticePage }) {
  const t = await getTranslations("notFound");
  return (
    <Frame title={t("title")} text={t("text")}>
      <a href="/" className="button-primary">
        {t("back")}
      </a>
    </Frame>
  );
}
