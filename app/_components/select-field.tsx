import { ChevronDown } from "lucide-react";
import { useId } from "react";

/** A labelled choice of one; the first option chooses nothing. */
export function SelectField({
  name,
  label,
  options,
  none,
  defaultValue,
  autoComplete,
  problem,
}: {
  name: string;
  label: string;
  options: readonly { value: string; label: string }[];
  none: string;
  defaultValue: string;
  autoComplete: string;
  problem?: string | undefined;
}) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="block font-medium text-sm">
        {label}
      </label>
      <div className="relative mt-1.5">
        <select
          {...{ id, name, defaultValue, autoComplete }}
          aria-invalid={problem !== undefined}
          aria-describedby={problem ? `${id}-note` : undefined}
          className="field appearance-none truncate pe-10"
        >
          <option value="">{none}</option>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
        <ChevronDown
          className="pointer-events-none absolute inset-y-0 end-3.5 my-auto size-5 text-muted"
          aria-hidden="true"
        />
      </div>
      {problem && (
        <p id={`${id}-note`} className="mt-1.5 text-danger text-sm">
          {problem}
        </p>
      )}
    </div>
  );
}
