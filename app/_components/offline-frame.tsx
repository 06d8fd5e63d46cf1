import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";

import { OfflineNotice } from "#app/_components/offline-notice.tsx";

/** Around pages: what they say while the browser is offline, in the reader's language. */
export async function OfflineFrame({ children }: { children: ReactNode }) {
  const t = await getTranslations("offline");
  return (
    <OfflineNotice notice={t("notice")} reason={t("reason")}>
      {children}
    </OfflineNotice>
  );
}
