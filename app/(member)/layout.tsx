import { AppShell } from "#app/_components/app-shell.tsx";
import { memberLayout } from "#app/_components/member-page.tsx";

export default memberLayout(({ tenant, session }, children) => (
  <AppShell tenant={tenant} member={session.member}>
    {children}
  </AppShell>
));
