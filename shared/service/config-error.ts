/** The operator is wrong: each line of the message is one problem; the command prints it and exits 2, without a stack. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
