import { hostNameOf } from "#app/_components/host-name.ts";
import { NoticePage } from "#app/_components/notice-page.tsx";
import { pageTitle } from "#app/_i18n/page-title.ts";
import { getTranslations } from "#app/_i18n/texts.ts";
import { requireTenantPage } from "#lib/http/member-session.ts";

export const generateMetadata = pageTitle("signedOut");

export default async function SignedOutPage() {
  const { hostUrl, authMode } = await requireTenantPage();
  const t = await getTranslations("signedOut");
  return (
    <NoticePage title={t("title")} text={t("text")}>
      {authMode === "interactive" && (
        <a href="/login" target="_top" className="button-primary">
          {t("signIn")}
        </a>
      )}
      {hostUrl && (
        <a
          href={hostUrl}
          target="_top"
          className={authMode === "interactive" ? "button-quiet" : "button-primary"}
        >
          {t("back", { host: hostNameOf(hostUrl) ?? "" })}
        </a>
      )}
    </NoticePage>
  );
}
