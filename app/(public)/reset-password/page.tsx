import Link from "next/link";

import { NoticePage } from "#app/_components/notice-page.tsx";
import { ResetPasswordForm } from "#app/_components/reset-password-form.tsx";
import { accountFormTexts, SignInFrame, signInPage } from "#app/_components/sign-in-page.tsx";
import { pageTitle } from "#app/_i18n/page-title.ts";
import { hasAccounts } from "#lib/domain/accounts/account.ts";
import { isResetLinkGood } from "#lib/domain/accounts/reset-password.ts";
import { answerPageWith } from "#lib/http/member-session.ts";

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export const generateMetadata = pageTitle("resetPassword");

export default signInPage<Props>(hasAccounts, async (tenant, { searchParams }) => {
  const { t, labelsFor } = await accountFormTexts();
  const { token } = await searchParams;
  if (typeof token !== "string" || !(await isResetLinkGood(tenant, token))) {
    answerPageWith(401);
    return (
      <NoticePage title={t("brokenLinkTitle")} text={t("brokenLinkText")}>
        <Link href="/forgot-password" className="button-primary">
          {t("forgotSubmit")}
        </Link>
      </NoticePage>
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
      />
    </SignInFrame>
  );
});
