"use client";

import { type ComponentProps, type MouseEvent, useId } from "react";

import { useOfflineReason } from "#app/_components/offline-notice.tsx";

/**
 * A button whose press changes something at Laurel. While the browser is offline it can be reached, is not pressed, and says
 * why; a form that it sends is not sent by Enter either, which presses it.
 */
export function ActionButton({ onClick, ...button }: ComponentProps<"button">) {
  const id = useId();
  const reason = useOfflineReason();
  const withoutConnection = {
    onClick: (event: MouseEvent) => event.preventDefault(),
    ...{ "aria-disabled": true, "aria-describedby": id },
  };
  return (
    <>
      <button type="button" {...button} {...(reason === null ? { onClick } : withoutConnection)} />
      {reason !== null && (
        <span id={id} className="order-last mt-2 block basis-full text-muted text-sm">
          {reason}
        </span>
      )}
    </>
  );
}
