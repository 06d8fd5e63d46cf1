"use client";

import { useLinkStatus } from "next/link";
import { createPortal } from "react-dom";

/** Within a link: from 200 ms after it was followed until its page is there, a thin bar at the window's top. */
export function PendingBar() {
  const { pending } = useLinkStatus();
  return pending && createPortal(<div className="pending-bar" data-bar aria-hidden="true" />, document.body);
}
