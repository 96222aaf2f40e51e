/** The user asked for something that cannot be: a bad flag, file or value. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
