import { NotFoundNotice } from "#app/_components/not-found-notice.tsx";
import { NoticePage } from "#app/_components/notice-page.tsx";
import { pageTitle } from "#app/_i18n/page-title.ts";
import { isPageAnsweredWith } from "#lib/http/member-session.ts";

export const generateMetadata = pageTitle("notFound");

/**
 * What an address shows that is none of ours. Next renders this beside every page, too, once for each layout, in case the page
 * calls notFound(); ours say in place what is not there (docs/decisions/0006-pages-set-their-own-status.md).
 */
export default function NotFound() {
  return isPageAnsweredWith(404) && <NotFoundNotice Frame={NoticePage} />;
}
