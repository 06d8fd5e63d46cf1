import { AppShell } from "#app/_components/app-shell.tsx";
import { memberLayout } from "#app/_components/member-page.tsx";
import { OfflineFrame } from "#app/_components/offline-frame.tsx";

export default memberLayout(({ tenant, session }, children) => (
  <OfflineFrame>
    <AppShell tenant={tenant} member={session.member}>
      {children}
    </AppShell>
  </OfflineFrame>
));
