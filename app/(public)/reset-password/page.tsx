import { PageLink } from "#app/_components/page-link.tsx";
import { ResetPasswordForm } from "#app/_components/reset-password-form.tsx";
import {
  accountFormTexts,
  BrokenLink,
  DoneInApp,
  linkPage,
  SignInFrame,
} from "#app/_components/sign-in-page.tsx";
import { pageTitle } from "#app/_i18n/page-title.ts";
import { hasAccounts } from "#lib/domain/accounts/account.ts";
import { isResetLinkGood } from "#lib/domain/accounts/reset-password.ts";

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export const generateMetadata = pageTitle("resetPassword");

export default linkPage<Props>(async (tenant, { searchParams }) => {
  const { t, labelsFor } = await accountFormTexts();
  const { token } = await searchParams;
  if (typeof token !== "string" || !(await isResetLinkGood(tenant, token))) {
    return (
      <BrokenLink tenant={tenant} text={t("brokenLinkText")}>
        <PageLink href="/forgot-password" className="button-primary">
          {t("forgotSubmit")}
        </PageLink>
      </BrokenLink>
    );
  }
  return (
    <SignInFrame tenant={tenant} title={t("resetTitle")} text={t("resetText")}>
      <ResetPasswordForm
        token={token}
        field={{
          ...{ name: "password", type: "password", label: t("newPassword"), autoComplete: "new-password" },
          ...{ hint: t("passwordHint"), showLabel: t("show") },
        }}
        labels={labelsFor(t("resetSubmit"))}
        done={hasAccounts(tenant) ? null : <DoneInApp tenant={tenant} text={t("resetDoneInApp")} />}
      />
    </SignInFrame>
  );
});
