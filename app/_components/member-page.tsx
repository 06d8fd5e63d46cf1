import { headers } from "next/headers";
import { unstable_rethrow } from "next/navigation";
import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { hostNameOf } from "#app/_components/host-name.ts";
import { NotFoundNotice } from "#app/_components/not-found-notice.tsx";
import { Notice, NoticePage } from "#app/_components/notice-page.tsx";
import type { DomainError } from "#lib/domain/errors.ts";
import { refusalOf } from "#lib/http/answer-errors.ts";
import {
  answerPageWith,
  findPageMember,
  type PageMember,
  requireTenantPage,
} from "#lib/http/member-session.ts";
import { pathOf } from "#lib/http/request-facts.ts";

type Render<Props> = (signedIn: PageMember, props: Props) => Promise<ReactNode>;

/**
 * Every page of a member: it asks who calls, and says so where nobody does (401), where what it shows is not there (404),
 * or where our side fails (500, 503). The data layer is asked again by `render`, with the member this found.
 */
export function memberPage<Props = object>(render: Render<Props>) {
  return async (props: Props): Promise<ReactNode> => {
    let Frame = NoticePage;
    try {
      const signedIn = await findPageMember();
      if (signedIn) Frame = Notice; // the layout has found the same, and stands around this page
      return signedIn ? await render(signedIn, props) : await strangerNotice();
    } catch (error) {
      unstable_rethrow(error); // redirect() and the like belong to Next
      return refusalNotice(refusalOf(error), Frame);
    }
  };
}

/** The same for a layout: without a member there is nothing around the page's own answer. */
export function memberLayout(render: (signedIn: PageMember, children: ReactNode) => ReactNode) {
  return async ({ children }: { children: ReactNode }): Promise<ReactNode> => {
    const signedIn = await findPageMember().catch((error: unknown) => {
      unstable_rethrow(error);
      return null; // the page meets the same failure, and tells
    });
    return signedIn ? render(signedIn, children) : children;
  };
}

async function strangerNotice(): Promise<ReactNode> {
  answerPageWith(401);
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

async function refusalNotice(refusal: DomainError, Frame: typeof NoticePage): Promise<ReactNode> {
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
