import { headers } from "next/headers";
import { redirect } from "next/navigation";

import { textOf } from "#app/_components/labels.ts";
import { PageLink } from "#app/_components/page-link.tsx";
import { SignInForm } from "#app/_components/sign-in-form.tsx";
import { SignInFrame, signInPage } from "#app/_components/sign-in-page.tsx";
import { pageTitle } from "#app/_i18n/page-title.ts";
import { getTranslations } from "#app/_i18n/texts.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { isOnPublicHost, publicLoginUrl } from "#lib/http/login-path.ts";
import { findVisitor } from "#lib/http/member-session.ts";
import { safeRedirectPath } from "#lib/http/redirect-path.ts";

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export const generateMetadata = pageTitle("login");

export default signInPage<Props>(
  ({ authMode }) => authMode === "interactive",
  async (tenant, { searchParams }) => {
    const { callbackUrl, error, note, sent } = await searchParams;
    const path = safeRedirectPath(oneOf(callbackUrl), tenant.publicUrl);
    if (await findVisitor()) redirect(path);
    if (sent === undefined && !isOnPublicHost(await headers(), tenant))
      redirect(publicLoginUrl(tenant, path));

    const t = await getTranslations("login");
    const errors = await errorTexts(tenant);
    const code = oneOf(error);
    const message = code === null ? null : (textOf(errors, code) ?? errors.unknown);
    const isServer = tenant.oauth2 !== null;
    return (
      <SignInFrame
        tenant={tenant}
        title={t("title")}
        text={isServer ? t("serverText", { provider: tenant.oauth2?.providerName ?? "" }) : undefined}
        links={<Links tenant={tenant} />}
      >
        {message && (
          <p
            role="alert"
            className="mb-5 rounded-2xl bg-danger-soft px-4 py-3 text-start text-danger text-sm"
          >
            {message}
          </p>
        )}
        {oneOf(note) === "password_changed" && (
          <p
            role="status"
            className="mb-5 rounded-2xl bg-accent-soft px-4 py-3 text-start text-accent text-sm"
          >
            {t("passwordChanged")}
          </p>
        )}
        {isServer ? (
          <form action="/api/auth/signin/idp" method="post">
            <input type="hidden" name="callbackUrl" value={path} />
            <button type="submit" className="button-primary w-full">
              {t(code ? "tryAgainWith" : "continueWith", { provider: tenant.oauth2?.providerName ?? "" })}
            </button>
          </form>
        ) : (
          <SignInForm
            callbackUrl={path}
            labels={{
              ...{ email: t("email"), password: t("password"), show: t("show"), submit: t("submit") },
              ...{ sending: t("sending"), resend: t("resend"), resent: t("resent"), errors },
            }}
          />
        )}
      </SignInFrame>
    );
  },
);

async function Links({ tenant }: { tenant: Tenant }) {
  const t = await getTranslations("login");
  const style = "inline-flex min-h-11 items-center font-medium text-accent hover:underline";
  if (tenant.oauth2) {
    return tenant.hostUrl ? (
      <a href={tenant.hostUrl} className={style}>
        {t("back", { host: new URL(tenant.hostUrl).hostname })}
      </a>
    ) : null;
  }
  return (
    <>
      <p>
        <PageLink href="/forgot-password" className={style}>
          {t("forgot")}
        </PageLink>
      </p>
      {tenant.selfRegistration && (
        <p className="text-muted">
          {t("new")}{" "}
          <PageLink href="/signup" className={style}>
            {t("signUp")}
          </PageLink>
        </p>
      )}
    </>
  );
}

/** A sentence for each way to fail. */
async function errorTexts({ oauth2 }: Tenant) {
  const t = await getTranslations("login.errors");
  const provider = oauth2?.providerName ?? "";
  return {
    access_denied: t("access_denied", { provider }),
    state_invalid: t("state_invalid"),
    provider_error: t("provider_error", { provider }),
    provider_answer_invalid: t("provider_answer_invalid", { provider }),
    provider_unavailable: t("provider_unavailable", { provider }),
    provider_misconfigured: t("provider_misconfigured"),
    profile_incomplete: t("profile_incomplete", { provider }),
    member_restricted: t("member_restricted"),
    credentials_invalid: t("credentials_invalid"),
    email_unconfirmed: t("email_unconfirmed"),
    rate_limited: t("rate_limited"),
    lost: t("lost"),
    unknown: t("unknown"),
  };
}

/** A parameter that is there twice says nothing. */
function oneOf(value: string | string[] | undefined): string | null {
  return typeof value === "string" ? value : null;
}
