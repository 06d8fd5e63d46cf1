/** How a choice looks that is one of a few: a pill, filled where it is made. */
export const chip =
  "relative inline-flex min-h-11 shrink-0 cursor-pointer items-center gap-2 whitespace-nowrap rounded-full border border-line bg-surface px-4 font-medium text-sm hover:border-(--line-strong)";

/** A choice within a form, on a field of its own. */
export function ChoiceChip({
  type,
  name,
  value,
  isChosen,
  children,
}: {
  type: "radio" | "checkbox";
  name: string;
  value: string;
  isChosen: boolean;
  children: string;
}) {
  return (
    <label
      className={`${chip} has-checked:border-accent has-checked:bg-accent has-checked:text-on-accent has-focus-visible:outline-3 has-focus-visible:outline-accent has-focus-visible:outline-offset-2`}
    >
      <input
        {...{ type, name, value }}
        defaultChecked={isChosen}
        className="absolute inset-0 cursor-pointer appearance-none rounded-full opacity-0"
      />
      <span dir="auto">{children}</span>
    </label>
  );
}
