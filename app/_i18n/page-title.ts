import type { Metadata } from "next";
import { unstable_rethrow } from "next/navigation";

import { getTranslations } from "#app/_i18n/texts.ts";
import { findPageMember } from "#lib/http/member-session.ts";

type MemberPage = "home" | "card" | "rewards" | "wallet" | "activity" | "profile";
type PublicPage =
  | "signedOut"
  | "offlinePage"
  | "notFound"
  | "login"
  | "signUp"
  | "forgotPassword"
  | "resetPassword"
  | "confirmEmail";

/** A page's `generateMetadata`: its title, in the reader's language. */
export function pageTitle(page: PublicPage): () => Promise<Metadata> {
  return async () => {
    const t = await getTranslations(page);
    return { title: t("title") };
  };
}

/** The same for a member's page, which is another one for a stranger. */
export function memberPageTitle(page: MemberPage): () => Promise<Metadata> {
  return async () => {
    const t = await getTranslations();
    const isMember = await findPageMember().then(
      (member) => member !== null,
      (error: unknown) => {
        unstable_rethrow(error);
        return true; // the page meets the same failure, and tells
      },
    );
    return { title: isMember ? t(`${page}.title`) : t("unauthorized.titleNoHost") };
  };
}
