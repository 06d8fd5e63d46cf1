/** Something the operator set is wrong: the start stops, and the message is shown to them as it is. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}
