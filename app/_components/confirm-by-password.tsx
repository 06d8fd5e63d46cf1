"use client";

import type { ReactNode } from "react";

import { AccountForm, type AccountFormLabels } from "#app/_components/account-form.tsx";
import { goSignedIn } from "#app/_components/send-account.ts";
import type { TextFieldProps } from "#app/_components/text-field.tsx";

/** Confirms an e-mail address in a browser that is no proof of whose link it is: the password is, and signs in at once. */
export function ConfirmByPassword({
  token,
  emailAddress,
  field,
  labels,
  done,
}: {
  token: string;
  emailAddress: string;
  field: TextFieldProps;
  labels: AccountFormLabels;
  /** Null where the programme's own pages go on. */
  done: ReactNode;
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
      {...{ labels, done }}
      {...(done === null ? { afterwards } : {})}
    />
  );
}
