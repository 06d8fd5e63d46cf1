"use client";

import type { ReactNode } from "react";

import { AccountForm, type AccountFormLabels } from "#app/_components/account-form.tsx";
import type { TextFieldProps } from "#app/_components/text-field.tsx";

/** A new password by a link; then its person signs in with it. */
export function ResetPasswordForm({
  token,
  field,
  labels,
  done,
}: {
  token: string;
  field: TextFieldProps;
  labels: AccountFormLabels;
  /** Null where the programme's own pages go on. */
  done: ReactNode;
}) {
  const afterwards = async () => {
    location.assign("/login?note=password_changed");
    return false;
  };
  return (
    <AccountForm
      path="/password-reset"
      fields={[field]}
      hidden={{ token }}
      {...{ labels, done }}
      {...(done === null ? { afterwards } : {})}
    />
  );
}
