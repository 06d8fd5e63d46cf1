/** The fields of an object that are there: what a file leaves out must not reach a write, not even as undefined. */
export function present<Fields extends object>(fields: Fields): Present<Fields> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Present<Fields>;
}

type Present<Fields> = { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> };
