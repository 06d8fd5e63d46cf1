import { ConfirmByLink } from "#app/_components/confirm-by-link.tsx";
import { accountFormTexts, SignInFrame, signInPage } from "#app/_components/sign-in-page.tsx";
import { pageTitle } from "#app/_i18n/page-title.ts";
import { hasAccounts } from "#lib/domain/accounts/account.ts";

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export const generateMetadata = pageTitle("confirmEmail");

export default signInPage<Props>(hasAccounts, async (tenant, { searchParams }) => {
  const { t } = await accountFormTexts();
  const { token } = await searchParams;
  return (
    <SignInFrame tenant={tenant} title={t("confirmTitle")}>
      <ConfirmByLink
        token={typeof token === "string" ? token : ""}
        labels={{
          ...{ confirm: t("confirmSubmit"), confirming: t("sending"), confirmed: t("confirmed") },
          ...{ goOn: t("goOn"), invalid: t("confirmInvalid"), lost: t("problems.lost") },
        }}
      />
    </SignInFrame>
  );
});
