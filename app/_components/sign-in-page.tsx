import { MailCheck } from "lucide-react";
import { unstable_rethrow } from "next/navigation";
import type { ReactNode } from "react";
import { hostNameOf } from "#app/_components/host-name.ts";
import { LanguageLinks } from "#app/_components/language-links.tsx";
import { NotFoundNotice } from "#app/_components/not-found-notice.tsx";
import { NoticePage } from "#app/_components/notice-page.tsx";
import { ProgrammeLogo } from "#app/_components/programme-logo.tsx";
import { refusalNotice } from "#app/_components/refusal-notice.tsx";
import { getTranslations } from "#app/_i18n/texts.ts";
import { hasAccounts } from "#lib/domain/accounts/account.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { refusalOf } from "#lib/http/answer-errors.ts";
import { answerPageWith, requireTenantPage } from "#lib/http/member-session.ts";

/** The frame of the pages before somebody is signed in: the programme's name, what this is about, and a form. */
export function SignInFrame({
  tenant,
  title,
  text,
  children,
  links,
}: {
  tenant: Tenant;
  title: string;
  text?: ReactNode;
  children: ReactNode;
  links?: ReactNode;
}) {
  return (
    <main className="notice-ground">
      <div className="w-full max-w-sm">
        <p className="flex items-center justify-center gap-2.5 font-semibold">
          <ProgrammeLogo tenant={tenant} ground="page" />
        </p>
        <div className="group/frame panel mt-6 p-6 text-center sm:p-8">
          <h1 className="text-balance font-semibold text-2xl tracking-tight">{title}</h1>
          {text && (
            <p className="mt-2 text-balance text-muted group-has-[[data-done]]/frame:hidden">{text}</p>
          )}
          <div className="mt-6">{children}</div>
        </div>
        {links && <div className="mt-6 space-y-1 text-center text-sm">{links}</div>}
        <LanguageLinks />
      </div>
    </main>
  );
}

type Render<Props> = (tenant: Tenant, props: Props) => Promise<ReactNode>;

/**
 * A page of one way to sign in; there is none in programmes that have another (`isHere`). Where our side fails it says so (500,
 * 503).
 */
export function signInPage<Props = object>(isHere: (tenant: Tenant) => boolean, render: Render<Props>) {
  return async (props: Props): Promise<ReactNode> => {
    try {
      const tenant = await requireTenantPage();
      if (isHere(tenant)) return await render(tenant, props);
      answerPageWith(404);
      return <NotFoundNotice Frame={NoticePage} />;
    } catch (error) {
      unstable_rethrow(error); // redirect() and the like belong to Next
      return refusalNotice(refusalOf(error), NoticePage);
    }
  };
}

/**
 * A page that the link in a mail leads to. Where members sign in by another way than by accounts of the programme's pages,
 * an account came by an app's door: there is nothing here then but for who holds a link that works.
 */
export function linkPage<Props = object>(render: Render<Props>) {
  return signInPage<Props>(() => true, render);
}

/** A link that does not work. What to do about it stands below it, where the programme's pages can help. */
export async function BrokenLink({
  tenant,
  text,
  children,
}: {
  tenant: Tenant;
  text: string;
  children: ReactNode;
}) {
  const t = await getTranslations("account");
  const isHere = hasAccounts(tenant);
  answerPageWith(isHere ? 401 : 404);
  return (
    <NoticePage title={t("brokenLinkTitle")} text={text}>
      {isHere && children}
    </NoticePage>
  );
}

/** What has been done for an account that signs in elsewhere. */
export async function DoneInApp({ tenant, text }: { tenant: Tenant; text: string }) {
  const t = await getTranslations("signedOut");
  const { hostUrl } = tenant;
  return (
    <>
      <p className="text-balance text-center">{text}</p>
      {hostUrl && (
        <a href={hostUrl} className="button-primary mt-6 w-full">
          {t("back", { host: hostNameOf(hostUrl) ?? "" })}
        </a>
      )}
    </>
  );
}

/** What to do now that a mail is on its way. */
export function MailSent({ text }: { text: string }) {
  return (
    <div className="flex flex-col items-center gap-4">
      <span className="grid size-14 place-items-center rounded-full bg-accent-soft text-accent">
        <MailCheck className="size-7" aria-hidden="true" />
      </span>
      <p className="text-balance">{text}</p>
    </div>
  );
}

/** The texts of forms of Laurel accounts. */
export async function accountFormTexts() {
  const t = await getTranslations("account");
  const problems = {
    email_invalid: t("problems.email_invalid"),
    email_same: t("problems.email_same"),
    password_short: t("problems.password_short"),
    password_long: t("problems.password_long"),
    password_unprintable: t("problems.password_unprintable"),
    password_common: t("problems.password_common"),
    password_is_email: t("problems.password_is_email"),
    password_wrong: t("problems.password_wrong"),
    link_invalid: t("problems.link_invalid"),
    registration_closed: t("problems.registration_closed"),
    session_invalid: t("problems.session_invalid"),
    rate_limited: t("problems.rate_limited"),
    lost: t("problems.lost"),
    other: t("problems.other"),
  };
  return { t, labelsFor: (submit: string) => ({ submit, sending: t("sending"), problems }) };
}
