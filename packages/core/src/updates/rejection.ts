import { describeIssue } from '../errors/errors.js'
import type { ConfigError, Issue } from '../errors/errors.js'

/** An update that did not become a snapshot, with the reason. The last good snapshot serves on. */
export interface Rejection {
  /** When, in ISO 8601. */
  readonly at: string
  /** The source of the first problem, where one is known. */
  readonly source?: string
  /** The first problem in one line, and how many more there are. */
  readonly message: string
  /** The problems: the first 100, and how many more there are. */
  readonly issues: readonly Issue[]
  readonly error: ConfigError
}

export function createRejection(error: ConfigError): Rejection {
  const { issues, total } = error
  const [first] = issues
  const more = total > 1 ? ` (and ${(total - 1).toLocaleString('en-US')} more)` : ''
  const message = first ? `${describeIssue(first)}${more}` : error.message
  return Object.freeze({
    at: new Date().toISOString(),
    ...(first?.source && { source: first.source }),
    message,
    issues,
    error,
  })
}
