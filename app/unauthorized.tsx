import { getTranslations } from "next-intl/server";

import { hostNameOf } from "#app/_components/host-name.ts";
import { NoticePage } from "#app/_components/notice-page.tsx";
import { requireTenantPage } from "#lib/http/member-session.ts";

/** 401: a stranger on a member's page of an embedded programme. */
export default async function Unauthorized() {
  const { hostUrl } = await requireTenantPage();
  const host = hostNameOf(hostUrl);
  const t = await getTranslations("unauthorized");
  if (!hostUrl || !host) return <NoticePage title={t("titleNoHost")} text={t("textNoHost")} />;
  return (
    <NoticePage title={t("title", { host })} text={t("text")}>
      <a href={hostUrl} target="_top" className="button-primary">
        {t("back", { host })}
      </a>
    </NoticePage>
  );
}
