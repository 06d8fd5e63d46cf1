import { NoticePage } from "#app/_components/notice-page.tsx";
import { PageLink } from "#app/_components/page-link.tsx";
import { accountFormTexts, MailSent, SignInFrame, signInPage } from "#app/_components/sign-in-page.tsx";
import { SignUpForm } from "#app/_components/sign-up-form.tsx";
import { pageTitle } from "#app/_i18n/page-title.ts";
import { hasAccounts } from "#lib/domain/accounts/account.ts";
import { answerPageWith } from "#lib/http/member-session.ts";

export const generateMetadata = pageTitle("signUp");

export default signInPage(hasAccounts, async (tenant) => {
  const { t, labelsFor } = await accountFormTexts();
  const signIn = (
    <PageLink
      href="/login"
      className="inline-flex min-h-11 items-center font-medium text-accent hover:underline"
    >
      {t("signIn")}
    </PageLink>
  );
  if (!tenant.selfRegistration) {
    answerPageWith(403);
    return (
      <NoticePage title={t("closedTitle")} text={t("closedText")}>
        {signIn}
      </NoticePage>
    );
  }
  return (
    <SignInFrame
      tenant={tenant}
      title={t("signUpTitle")}
      text={t("signUpText", { programme: tenant.name })}
      links={
        <p className="text-muted">
          {t("haveOne")} {signIn}
        </p>
      }
    >
      <SignUpForm
        fields={[
          { name: "givenName", label: t("givenName"), autoComplete: "given-name" },
          { name: "familyName", label: t("familyName"), autoComplete: "family-name" },
          { name: "emailAddress", type: "email", label: t("email"), autoComplete: "email" },
          {
            ...{ name: "password", type: "password", label: t("password"), autoComplete: "new-password" },
            ...{ hint: t("passwordHint"), showLabel: t("show") },
          },
        ]}
        labels={labelsFor(t("signUp"))}
        done={<MailSent text={t("signedUp")} />}
      />
    </SignInFrame>
  );
});
