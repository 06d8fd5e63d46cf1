/** What became of a form of Laurel accounts: what is wrong by field, or why nothing was heard. */
export type AccountAnswer<Data> =
  | { data: Data }
  | { problems: Readonly<Record<string, string>> }
  | { refusal: string };

/** Sends a form's fields as JSON to one of the account's endpoints. */
export async function sendAccount<Data>(path: string, fields: object): Promise<AccountAnswer<Data>> {
  try {
    const response = await fetch(`/api/auth/account${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(fields),
    });
    const answer = (await response.json()) as {
      status: string;
      data: Data & { problems?: Record<string, string>; fields?: Record<string, string> };
      code?: string;
    };
    if (answer.status === "success") return { data: answer.data };
    const { problems, fields: sentences } = answer.data ?? {};
    const found = { ...sentences, ...problems };
    return answer.code === "invalid_input" ? { problems: found } : { refusal: answer.code ?? "lost" };
  } catch {
    return { refusal: "lost" };
  }
}

/** Signs in, and goes on to the programme, or else to the sign-in page, which says why. */
export async function goSignedIn(email: string, password: string): Promise<void> {
  const answer = await sendSignIn(email, password, "/");
  location.assign("goTo" in answer ? answer.goTo : `/login?error=${encodeURIComponent(answer.error)}`);
}

/** Signs in; where to go then, or the code of what went wrong. */
export async function sendSignIn(
  email: string,
  password: string,
  callbackUrl: string,
): Promise<{ goTo: string } | { error: string }> {
  try {
    const response = await fetch("/api/auth/callback/credentials", {
      method: "POST",
      body: new URLSearchParams({ email, password, callbackUrl, json: "true" }),
    });
    const { url } = (await response.json()) as { url?: string };
    if (!url) return { error: "lost" };
    const { pathname, search, hash, searchParams } = new URL(url);
    const error = searchParams.get("error");
    // The programme's own address may be another of its names than the one that is open here.
    return response.ok ? { goTo: `${pathname}${search}${hash}` } : { error: error ?? "unknown" };
  } catch {
    return { error: "lost" };
  }
}
