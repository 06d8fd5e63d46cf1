"use client";

import { Eye, EyeOff } from "lucide-react";
import { useId, useState } from "react";

export type TextFieldProps = {
  name: string;
  label: string;
  type?: "text" | "email" | "password" | "tel" | "date" | "number";
  autoComplete: string;
  isOptional?: boolean;
  hint?: string;
  defaultValue?: string;
  /** What is wrong with what was entered. */
  problem?: string | undefined;
  /** For a password: what the button says that shows it. */
  showLabel?: string;
};

// Elsewhere what is too long is said by its field: a browser would cut it off without a word.
const lengthsMax: Partial<Record<string, number>> = { password: 256, email: 254 };

/** A labelled input with what it wants below it, or what is wrong there. */
export function TextField({
  name,
  label,
  type = "text",
  autoComplete,
  hint,
  defaultValue,
  problem,
  showLabel,
  isOptional = false,
}: TextFieldProps) {
  const id = useId();
  const [isShown, setIsShown] = useState(false);
  const note = problem ?? hint;
  return (
    <div>
      <label htmlFor={id} className="block font-medium text-sm">
        {label}
      </label>
      <div className="relative mt-1.5">
        <input
          {...{ id, name, defaultValue, autoComplete }}
          type={isShown ? "text" : type}
          required={!isOptional}
          step={type === "number" ? "any" : undefined}
          maxLength={lengthsMax[type]}
          dir={type === "text" || type === "date" ? "auto" : "ltr"}
          autoCapitalize={type === "text" ? "words" : "none"}
          spellCheck={false}
          aria-invalid={problem !== undefined}
          aria-describedby={note ? `${id}-note` : undefined}
          className={`field ${showLabel ? "pe-12" : ""}`}
        />
        {showLabel && (
          <button
            type="button"
            onClick={() => setIsShown(!isShown)}
            aria-label={showLabel}
            aria-pressed={isShown}
            className="absolute inset-y-0 end-0 grid w-12 place-items-center text-muted hover:text-ink"
          >
            {isShown ? <EyeOff className="size-5" aria-hidden /> : <Eye className="size-5" aria-hidden />}
          </button>
        )}
      </div>
      {note && (
        <p id={`${id}-note`} className={`mt-1.5 text-sm ${problem ? "text-danger" : "text-muted"}`}>
          {note}
        </p>
      )}
    </div>
  );
}
