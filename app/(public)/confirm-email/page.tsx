import { headers } from "next/headers";

import { ConfirmByLink } from "#app/_components/confirm-by-link.tsx";
import { ConfirmByPassword } from "#app/_components/confirm-by-password.tsx";
import { PageLink } from "#app/_components/page-link.tsx";
import {
  accountFormTexts,
  BrokenLink,
  DoneInApp,
  linkPage,
  SignInFrame,
} from "#app/_components/sign-in-page.tsx";
import { pageTitle } from "#app/_i18n/page-title.ts";
import { hasAccounts } from "#lib/domain/accounts/account.ts";
import { lookAtConfirmation } from "#lib/domain/accounts/confirm-email.ts";
import { findVisitor } from "#lib/http/member-session.ts";
import { readSignUpSecret } from "#lib/http/session-cookie.ts";

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export const generateMetadata = pageTitle("confirmEmail");

export default linkPage<Props>(async (tenant, { searchParams }) => {
  const { t, labelsFor } = await accountFormTexts();
  const { token = "" } = await searchParams;
  const isHere = hasAccounts(tenant);
  const visitor = await findVisitor();
  const found =
    typeof token === "string"
      ? await lookAtConfirmation({
          ...{ tenant, token, signUpSecret: readSignUpSecret(await headers()) },
          signedInId: visitor?.session.member.id ?? null,
        })
      : null;
  if (!found || typeof token !== "string") {
    return (
      <BrokenLink tenant={tenant} text={t(isHere ? "confirmAgain" : "brokenLinkText")}>
        <PageLink href="/login" className="button-primary">
          {t("signIn")}
        </PageLink>
      </BrokenLink>
    );
  }
  if (found.isProven) {
    return (
      <SignInFrame tenant={tenant} title={t("confirmTitle")}>
        <ConfirmByLink
          token={token}
          labels={{
            ...{ confirm: t("confirmSubmit"), confirming: t("sending"), confirmed: t("confirmed") },
            ...{ goOn: t("goOn"), invalid: t("confirmInvalid"), lost: t("problems.lost") },
          }}
        />
      </SignInFrame>
    );
  }
  const { emailAddress } = found;
  return (
    <SignInFrame
      tenant={tenant}
      title={t("confirmTitle")}
      text={t.rich(isHere ? "confirmPasswordText" : "confirmPasswordTextInApp", {
        address: () => <bdi className="break-words font-medium text-ink">{emailAddress}</bdi>,
      })}
      links={
        isHere && (
          <PageLink
            href="/forgot-password"
            className="inline-flex min-h-11 items-center font-medium text-accent hover:underline"
          >
            {t("forgotTitle")}
          </PageLink>
        )
      }
    >
      <ConfirmByPassword
        {...{ token, emailAddress }}
        field={{
          ...{ name: "password", type: "password", label: t("password"), showLabel: t("show") },
          autoComplete: "current-password",
        }}
        labels={labelsFor(t(isHere ? "confirmPasswordSubmit" : "confirmSubmit"))}
        done={isHere ? null : <DoneInApp tenant={tenant} text={t("confirmedInApp")} />}
      />
    </SignInFrame>
  );
});
