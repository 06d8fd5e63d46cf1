import { AppShell } from "#app/_components/app-shell.tsx";
import { memberLayout } from "#app/_components/member-page.tsx";
import { SessionWatch } from "#app/_components/session-watch.tsx";

export default memberLayout(({ tenant, session }, children) => (
  <AppShell tenant={tenant} member={session.member}>
    <SessionWatch memberId={session.member.id} signedOutPath="/signed-out" />
    {children}
  </AppShell>
));
