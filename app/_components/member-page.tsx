import { randomUUID } from "node:crypto";
import { headers } from "next/headers";
import { unstable_rethrow } from "next/navigation";
import { getLocale } from "next-intl/server";
import type { ReactNode } from "react";
import { hostNameOf } from "#app/_components/host-name.ts";
import { News } from "#app/_components/news.tsx";
import { Notice, NoticePage } from "#app/_components/notice-page.tsx";
import { refusalNotice } from "#app/_components/refusal-notice.tsx";
import type { Warning } from "#app/_components/session-warning.tsx";
import { SessionWatch } from "#app/_components/session-watch.tsx";
import { getTranslations } from "#app/_i18n/texts.ts";
import { KeepOffline } from "#app/_pwa/keep-offline.tsx";
import { shellOf } from "#app/_pwa/look.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { refusalOf } from "#lib/http/answer-errors.ts";
import {
  answerPageWith,
  findPageMember,
  type PageMember,
  requireTenantPage,
} from "#lib/http/member-session.ts";
import { readTheme } from "#lib/http/preference-cookies.ts";
import { pathOf } from "#lib/http/request-facts.ts";
import { secondsRemaining, walletRevision } from "#lib/http/schemas/session.ts";

type Render<Props> = (signedIn: PageMember, props: Props) => Promise<ReactNode>;

/**
 * Every page of a member: it asks who calls, and says so where nobody does (401), where what it shows is not there (404),
 * or where our side fails (500, 503). The data layer is asked again by `render`, with the member this found.
 */
export function memberPage<Props = object>(render: Render<Props>) {
  return async (props: Props): Promise<ReactNode> => {
    let signedIn: PageMember | null = null;
    let content: ReactNode;
    try {
      signedIn = await findPageMember();
      content = signedIn ? await render(signedIn, props) : await strangerNotice();
    } catch (error) {
      unstable_rethrow(error); // redirect() and the like belong to Next
      // For a member the layout has found the same, and stands around this page.
      content = await refusalNotice(refusalOf(error), signedIn ? Notice : NoticePage);
    }
    return (
      <>
        {content}
        {signedIn && <Watch signedIn={signedIn} />}
      </>
    );
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

/** Stands with the page, whose wallet it knows: a layout stays as it was while one page leads to another. */
async function Watch({ signedIn: { tenant, session, wallet } }: { signedIn: PageMember }) {
  const t = await getTranslations("points");
  const locale = await getLocale();
  const requestHeaders = await headers();
  return (
    <>
      <SessionWatch
        memberId={session.member.id}
        signedOutPath="/signed-out"
        revision={walletRevision(wallet)}
        secondsRemaining={secondsRemaining(session)}
        hostOrigins={tenant.hostOrigins}
        warning={await warningOf(tenant)}
      />
      <News text={t("now", { points: wallet.balancePoints })} />
      <KeepOffline
        memberId={session.member.id}
        revision={`${walletRevision(wallet)}.${locale}`}
        shell={shellOf(tenant, locale, readTheme(requestHeaders))}
        mustRenew={pathOf(requestHeaders).startsWith("/wallet")}
        rendering={randomUUID()}
      />
    </>
  );
}

/** What is said before a session ends, and the way to a new one. */
async function warningOf({ authMode, hostUrl }: Tenant): Promise<Warning> {
  const t = await getTranslations();
  const texts = {
    locale: await getLocale(),
    countdown: t("sessionWarning.countdown", { when: "{when}" }),
    idleTitle: t("sessionWarning.idleTitle"),
    idleText: t("sessionWarning.idleText"),
    stay: t("sessionWarning.stay"),
    signOut: t("profile.signOut"),
    endTitle: t("sessionWarning.endTitle"),
    endText: t("sessionWarning.endText"),
    signInAgain: t("signedOut.signIn"),
    later: t("buy.cancel"),
    failed: t("profile.failed"),
  };
  if (authMode === "interactive") return { wayIn: { path: "/login" }, texts };
  const host = hostNameOf(hostUrl);
  if (!hostUrl || !host) {
    const endText = t("sessionWarning.endTextNoHost");
    return { wayIn: null, texts: { ...texts, endText, later: t("sessionWarning.close") } };
  }
  return { wayIn: { hostUrl }, texts: { ...texts, endText: t("sessionWarning.endTextHost", { host }) } };
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
