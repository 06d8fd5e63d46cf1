import { ChevronDown } from "lucide-react";
import type { ReactNode } from "react";

import { AccountForm } from "#app/_components/account-form.tsx";
import { SectionHeading } from "#app/_components/section-heading.tsx";
import { accountFormTexts } from "#app/_components/sign-in-page.tsx";
import type { TextFieldProps } from "#app/_components/text-field.tsx";

/** What a person changes of their own Laurel account, each time with the password at hand. */
export async function AccountSection({ emailAddress }: { emailAddress: string }) {
  const { t, labelsFor } = await accountFormTexts();
  const currentPassword: TextFieldProps = {
    ...{ name: "currentPassword", type: "password", label: t("currentPassword"), showLabel: t("show") },
    autoComplete: "current-password",
  };
  return (
    <section>
      <SectionHeading title={t("title")} />
      <div className="panel divide-y divide-line">
        <p className="break-words p-5 text-muted">{t("emailNow", { email: emailAddress })}</p>
        <Change title={t("changeEmail")}>
          <AccountForm
            path="/email"
            fields={[
              { name: "newEmailAddress", type: "email", label: t("newEmail"), autoComplete: "email" },
              currentPassword,
            ]}
            labels={labelsFor(t("changeEmail"))}
            done={<p>{t("changeEmailDone")}</p>}
          />
        </Change>
        <Change title={t("changePassword")}>
          <AccountForm
            path="/password"
            fields={[
              currentPassword,
              {
                ...{ name: "newPassword", type: "password", label: t("newPassword"), showLabel: t("show") },
                ...{ autoComplete: "new-password", hint: t("passwordHint") },
              },
            ]}
            labels={labelsFor(t("changePassword"))}
            done={<p>{t("changePasswordDone")}</p>}
          />
        </Change>
      </div>
    </section>
  );
}

function Change({ title, children }: { title: string; children: ReactNode }) {
  return (
    <details className="group">
      <summary className="flex min-h-14 cursor-pointer list-none items-center justify-between gap-4 px-5 font-medium">
        {title}
        <ChevronDown className="size-5 shrink-0 text-muted group-open:rotate-180" aria-hidden="true" />
      </summary>
      <div className="max-w-sm px-5 pb-5">{children}</div>
    </details>
  );
}
