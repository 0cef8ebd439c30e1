import { ConfigError, describeIssue, messageOf } from '../errors/errors.js'
import type { Issue, IssueCode } from '../errors/errors.js'
import type { SafeErrors } from '../secrets/safe-error.js'

/** An update that did not become a snapshot, with the reason. The last good snapshot serves on. */
export interface Rejection {
  /** When, in ISO 8601. */
  readonly at: string
  /** The source of the first problem, where one is known. */
  readonly source?: string
  /** The first problem in one line, and how many more there are. */
  readonly message: string
  /** Every problem. */
  readonly issues: readonly Issue[]
  readonly error: ConfigError
}

export function createRejection(error: ConfigError): Rejection {
  const { issues } = error
  const [first] = issues
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''
  const message = first ? `${describeIssue(first)}${more}` : error.message
  return Object.freeze({
    at: new Date().toISOString(),
    ...(first?.source && { source: first.source }),
    message,
    issues,
    error,
  })
}

/** Why code of the program rejected an update. */
export interface ProgramRejection {
  readonly code: IssueCode
  readonly what: string
  /** Of the part of the configuration, where one is known. */
  readonly path?: string | undefined
  /** What the code threw. */
  readonly error: unknown
}

/** The error for an update that code of the program rejected, without the secrets that the code may quote. */
export function rejectedByProgram(errors: SafeErrors, { code, what, path, error }: ProgramRejection): ConfigError {
  const message = `${what}: ${errors.scrub(messageOf(error))}`
  return ConfigError.of([{ code, ...(path !== undefined && { path }), message }], { cause: errors.copy(error) })
}
