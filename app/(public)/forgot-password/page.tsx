import { AccountForm } from "#app/_components/account-form.tsx";
import { PageLink } from "#app/_components/page-link.tsx";
import { accountFormTexts, MailSent, SignInFrame, signInPage } from "#app/_components/sign-in-page.tsx";
import { pageTitle } from "#app/_i18n/page-title.ts";
import { hasAccounts } from "#lib/domain/accounts/account.ts";

export const generateMetadata = pageTitle("forgotPassword");

export default signInPage(hasAccounts, async (tenant) => {
  const { t, labelsFor } = await accountFormTexts();
  return (
    <SignInFrame
      tenant={tenant}
      title={t("forgotTitle")}
      text={t("forgotText")}
      links={
        <PageLink
          href="/login"
          className="inline-flex min-h-11 items-center font-medium text-accent hover:underline"
        >
          {t("backToSignIn")}
        </PageLink>
      }
    >
      <AccountForm
        path="/password-reset-mail"
        fields={[{ name: "emailAddress", type: "email", label: t("email"), autoComplete: "username" }]}
        labels={labelsFor(t("forgotSubmit"))}
        done={<MailSent text={t("forgotDone")} />}
      />
    </SignInFrame>
  );
});
