import type { ReactNode } from "react";

import { AppShell } from "#app/_components/app-shell.tsx";
import { SessionWatch } from "#app/_components/session-watch.tsx";
import { requireMemberPage } from "#lib/http/member-session.ts";

export default async function MemberLayout({ children }: { children: ReactNode }) {
  const { tenant, session } = await requireMemberPage(); // the same read as the page's own: this is no gate
  return (
    <AppShell tenant={tenant} member={session.member}>
      <SessionWatch memberId={session.member.id} signedOutPath="/signed-out" />
      {children}
    </AppShell>
  );
}
