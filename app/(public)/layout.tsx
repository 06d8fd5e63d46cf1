import type { ReactNode } from "react";

import { OfflineFrame } from "#app/_components/offline-frame.tsx";

export default function PublicLayout({ children }: { children: ReactNode }) {
  return <OfflineFrame>{children}</OfflineFrame>;
}
