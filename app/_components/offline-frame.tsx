import type { ReactNode } from "react";

import { OfflineNotice } from "#app/_components/offline-notice.tsx";
import { getTranslations } from "#app/_i18n/texts.ts";

/** Around pages: what they say while the browser is offline, in the reader's language. */
export async function OfflineFrame({ children }: { children: ReactNode }) {
  const t = await getTranslations("offline");
  return (
    <OfflineNotice notice={t("notice")} reason={t("reason")}>
      {children}
    </OfflineNotice>
  );
}
