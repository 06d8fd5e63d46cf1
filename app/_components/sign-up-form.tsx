"use client";

import type { ReactNode } from "react";

import { AccountForm, type AccountFormLabels } from "#app/_components/account-form.tsx";
import { goSignedIn } from "#app/_components/send-account.ts";
import type { TextFieldProps } from "#app/_components/text-field.tsx";

/** Signing up; where nothing has to be confirmed, it signs in at once. */
export function SignUpForm({
  fields,
  labels,
  done,
}: {
  fields: readonly TextFieldProps[];
  labels: AccountFormLabels;
  done: ReactNode;
}) {
  const afterwards = async (data: unknown, entered: Readonly<Record<string, string>>) => {
    if ((data as { emailConfirmation: string }).emailConfirmation === "required") return true;
    const { emailAddress = "", password = "" } = entered;
    await goSignedIn(emailAddress, password); // an account that was there already keeps its password
    return false;
  };
  return <AccountForm path="" {...{ fields, labels, done, afterwards }} />;
}
