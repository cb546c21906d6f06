/** Exit statuses, the same in every format, and the error that stands for wrong use. */

/** Nothing at or above the threshold. */
export const EXIT_CLEAN = 0
export const EXIT_FINDINGS = 1
export const EXIT_USAGE = 2
/** Some input could not be read. It wins over findings: a scan that did not see everything is not to be trusted. */
export const EXIT_UNREADABLE = 3

/** The command was called wrongly; the message is one line. */
export class UsageError extends Error {
  /** Lines below it that point at the place. */
  readonly details: readonly string[]

  constructor(message: string, details: readonly string[] = []) {
    super(message)
    this.details = details
  }
}
