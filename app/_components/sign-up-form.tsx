"use client";

import type { ReactNode } from "react";

import { AccountForm, type AccountFormLabels } from "#app/_components/account-form.tsx";
import { sendSignIn } from "#app/_components/send-account.ts";
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
    const answer = await sendSignIn(emailAddress, password, "/");
    // An account that was there already keeps its password: its person finds the way on the sign-in page.
    location.assign("goTo" in answer ? answer.goTo : `/login?error=${encodeURIComponent(answer.error)}`);
    return false;
  };
  return <AccountForm path="" {...{ fields, labels, done, afterwards }} />;
}
