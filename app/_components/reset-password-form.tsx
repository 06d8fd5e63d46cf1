"use client";

import { AccountForm, type AccountFormLabels } from "#app/_components/account-form.tsx";
import type { TextFieldProps } from "#app/_components/text-field.tsx";

/** A new password by a link; then its person signs in with it. */
export function ResetPasswordForm({
  token,
  field,
  labels,
}: {
  token: string;
  field: TextFieldProps;
  labels: AccountFormLabels;
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
      {...{ labels, afterwards, done: null }}
    />
  );
}
