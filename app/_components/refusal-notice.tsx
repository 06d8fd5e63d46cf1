import { headers } from "next/headers";
import type { ReactNode } from "react";

import { NotFoundNotice } from "#app/_components/not-found-notice.tsx";
import type { NoticePage } from "#app/_components/notice-page.tsx";
import { getTranslations } from "#app/_i18n/texts.ts";
import type { DomainError } from "#lib/domain/errors.ts";
import { answerPageWith } from "#lib/http/member-session.ts";
import { pathOf } from "#lib/http/request-facts.ts";

/** What stands in a page's place that could not be made, with its status. */
export async function refusalNotice(refusal: DomainError, Frame: typeof NoticePage): Promise<ReactNode> {
  if (refusal.code === "reward_not_found" || refusal.code === "benefit_not_found") {
    answerPageWith(404);
    return <NotFoundNotice Frame={Frame} />;
  }
  answerPageWith(refusal.code === "database_unavailable" ? 503 : 500);
  const t = await getTranslations("error");
  return (
    <Frame title={t("title")} text={t("text")}>
      <a href={pathOf(await headers())} className="button-primary">
        {t("again")}
      </a>
    </Frame>
  );
}
