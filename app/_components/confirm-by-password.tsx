"use client";

import { AccountForm, type AccountFormLabels } from "#app/_components/account-form.tsx";
import { goSignedIn } from "#app/_components/send-account.ts";
import type { TextFieldProps } from "#app/_components/text-field.tsx";

/** Confirms an e-mail address in a browser that is no proof of whose link it is: the password is, and signs in at once. */
export function ConfirmByPassword({
  token,
  emailAddress,
  field,
  labels,
}: {
  token: string;
  emailAddress: string;
  field: TextFieldProps;
  labels: AccountFormLabels;
}) {
  const afterwards = async (_data: unknown, { password = "" }: Readonly<Record<string, string>>) => {
    await goSignedIn(emailAddress, password);
    return false;
  };
  return (
    <AccountForm
      path="/confirmation"
      fields={[field]}
      hidden={{ token }}
      {...{ labels, afterwards, done: null }}
    />
  );
}
