import { NotFoundNotice } from "#app/_components/not-found-notice.tsx";
import { NoticePage } from "#app/_components/notice-page.tsx";
import { pageTitle } from "#app/_i18n/page-title.ts";

export const generateMetadata = pageTitle("notFound");

export default function NotFound() {
  return <NotFoundNotice Frame={NoticePage} />;
}
