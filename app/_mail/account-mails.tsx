/** The mails of Laurel accounts, in the language of whoever asked for them, or in that which the member chose. Plain enough for every reader of mail. */
import { getLocale } from "next-intl/server";
import type { CSSProperties } from "react";

import { directionOf } from "#app/_i18n/locales.ts";
import { getTranslations } from "#app/_i18n/texts.ts";
import type { AccountMails } from "#lib/domain/accounts/account-mails.ts";
import type { Locale } from "#lib/domain/locales.ts";
import type { Brand } from "#lib/domain/tenants/brand.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

type Paragraphs = {
  subject: string;
  greeting: string;
  text: string;
  /** What to do, as a button; the address stands below it, too. */
  action: { label: string; url: string } | null;
  small: string;
};

type Mail = { subject: string; text: string; html: string };

export async function accountMails(tenant: Tenant, chosen: Locale | null = null): Promise<AccountMails> {
  const locale = chosen ?? (await getLocale());
  const t = await getTranslations({ locale, namespace: "mail" });
  const { renderToStaticMarkup } = await import("react-dom/server"); // Next refuses it as a static import
  const programme = tenant.name;
  const button = buttonStyle(tenant.brand);
  const mail = (parts: Paragraphs): Mail => ({
    subject: parts.subject,
    text: plainText(parts, programme),
    html: `<!doctype html>${renderToStaticMarkup(<Letter {...{ parts, programme, locale, button }} />)}`,
  });
  const hello = (givenName: string | null) =>
    givenName === null ? t("helloThere") : t("hello", { name: givenName });

  return {
    confirmEmail: ({ link }) =>
      mail({
        subject: t("confirm.subject", { programme }),
        greeting: hello(null),
        text: t("confirm.text", { programme }),
        action: { label: t("confirm.action"), url: link },
        small: t("confirm.small"),
      }),
    accountExists: ({ givenName, pages }) =>
      mail({
        subject: t("exists.subject", { programme }),
        greeting: hello(givenName),
        text: t("exists.text", { programme }),
        action: pages && { label: t("exists.action"), url: pages.loginUrl },
        small: pages ? t("exists.small", { url: pages.resetUrl }) : t("exists.smallInApp"),
      }),
    resetPassword: ({ givenName, link }) =>
      mail({
        subject: t("reset.subject", { programme }),
        greeting: hello(givenName),
        text: t("reset.text", { programme }),
        action: { label: t("reset.action"), url: link },
        small: t("reset.small"),
      }),
    passwordChanged: ({ givenName, pages }) =>
      mail({
        subject: t("changed.subject", { programme }),
        greeting: hello(givenName),
        text: t("changed.text", { programme }),
        action: null,
        small: pages ? t("changed.small", { url: pages.resetUrl }) : t("changed.smallInApp"),
      }),
    confirmNewEmail: ({ link }) =>
      mail({
        subject: t("newEmail.subject", { programme }),
        greeting: hello(null),
        text: t("newEmail.text", { programme }),
        action: { label: t("newEmail.action"), url: link },
        small: t("newEmail.small"),
      }),
    emailChanged: ({ givenName }) =>
      mail({
        subject: t("emailChanged.subject", { programme }),
        greeting: hello(givenName),
        text: t("emailChanged.text", { programme }),
        action: null,
        small: t("emailChanged.small"),
      }),
  };
}

function plainText({ greeting, text, action, small }: Paragraphs, programme: string): string {
  const parts = [greeting, text, ...(action ? [`${action.label}:\n${action.url}`] : []), small, programme];
  return `${parts.join("\n\n")}\n`;
}

// Readers of mail know little CSS, and mostly that of an element itself.
const styles = {
  body: { margin: 0, padding: "24px 12px", background: "#f6f6f3", color: "#171a18" },
  card: {
    ...{ maxWidth: 480, margin: "0 auto", padding: 32, background: "#ffffff", borderRadius: 16 },
    font: "16px/1.5 system-ui, -apple-system, 'Segoe UI', Arial, sans-serif",
  },
  small: { color: "#5a605c", fontSize: 14, overflowWrap: "anywhere" },
} satisfies Record<string, CSSProperties>;

const buttonRadii: Record<Brand["cornerRadius"], number> = { none: 0, small: 6, medium: 24, large: 24 };

function buttonStyle({ colors, cornerRadius }: Brand): CSSProperties {
  return {
    ...{ display: "inline-block", padding: "12px 24px", borderRadius: buttonRadii[cornerRadius] },
    ...{ background: colors?.accentFill.light ?? "#17603f", color: colors?.onAccent.light ?? "#ffffff" },
    ...{ fontWeight: 600, textDecoration: "none" },
  };
}

type LetterProps = { parts: Paragraphs; programme: string; locale: string; button: CSSProperties };

function Letter({ parts, programme, locale, button }: LetterProps) {
  const { subject, greeting, text, action, small } = parts;
  return (
    <html lang={locale} dir={directionOf(locale)}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="color-scheme" content="light" />
        <title>{subject}</title>
      </head>
      <body style={styles.body}>
        <div style={styles.card}>
          <p style={{ marginTop: 0, fontWeight: 600 }}>{programme}</p>
          <p>{greeting}</p>
          <p>{text}</p>
          {action && (
            <>
              <p style={{ margin: "24px 0" }}>
                <a href={action.url} style={button}>
                  {action.label}
                </a>
              </p>
              <p style={styles.small} dir="ltr">
                {action.url}
              </p>
            </>
          )}
          <p style={{ ...styles.small, marginBottom: 0 }}>{small}</p>
        </div>
      </body>
    </html>
  );
}
