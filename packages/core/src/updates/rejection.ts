import { ConfigError, VetoError, describeIssue, messageOf } from '../errors/errors.js'
import type { Issue, IssueCode } from '../errors/errors.js'
import { grouped } from '../errors/grouped.js'
import type { Layer } from '../layers/layer.js'
import { originsOf } from '../layers/origins.js'
import type { Redactor } from '../secrets/redactor.js'
import { safeError } from '../secrets/safe-error.js'
import { parsePath, parseSegments } from '../trees/path.js'

/** An update that did not become a snapshot, with the reason. The last good snapshot is still served. */
export interface Rejection {
  /** The time of the rejection, in ISO 8601. */
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
  const more = total > 1 ? ` (and ${grouped(total - 1)} more)` : ''
  const message = first ? `${describeIssue(first)}${more}` : error.message
  return Object.freeze({
    at: new Date().toISOString(),
    ...(first?.source && { source: first.source }),
    message,
    issues,
    error,
  })
}

/** The reason why code of the application rejected an update. */
export interface ProgramRejection {
  readonly code: IssueCode
  readonly what: string
  /** Which of several pieces of code it was, to follow the message: ` (hook checkUpstream)`. */
  readonly which?: string
  /** The path of the part that the code works with, if known. */
  readonly path?: string | undefined
  /** The error that the code threw. */
  readonly error: unknown
}

/** The error for an update that code of the program rejected, without the secrets that the code may quote. */
export function rejectedByProgram(
  redactor: Redactor,
  { code, what, which = '', path, error }: ProgramRejection,
): ConfigError {
  const cause = safeError(error, redactor)
  // Code that found problems at several paths throws them as one error.
  const problems = error instanceof ConfigError ? error.issues : []
  if (problems.some((problem) => problem.path !== undefined)) {
    const issues = redactor.issues(problems.map(({ path: at = '', message }) => ({ path: at, message })))
    return ConfigError.of(
      issues.map((issue): Issue => ({ ...issue, code, message: `${what}: ${issue.message}${which}` })),
      { cause },
    )
  }
  const message = `${what}: ${redactor.scrub(messageOf(error))}${which}`
  const where = path !== undefined && { path: redactor.path(parsePath(path)) }
  return ConfigError.of([{ code, ...where, message }], { cause })
}

/**
 * Returns the error of a hook with the place in the sources of each problem that has a path. Other errors stay as they
 * are: the path of a resource says which one failed, and not that the values there are wrong.
 *
 * @throws the reason of `signal`
 */
export async function withPlaces(error: unknown, layers: readonly Layer[], signal: AbortSignal): Promise<unknown> {
  if (!(error instanceof VetoError) || error.issues.every(({ path }) => path === undefined)) return error
  const { total, cause } = error
  // The last issue of a list that was cut only says how many are left out. It is written again.
  const issues = error.issues.slice(0, total > error.issues.length ? -1 : undefined)
  const places = await originsOf(
    layers,
    issues.map(({ path = '' }) => parseSegments(path)),
    signal,
  )
  return ConfigError.of(
    issues.map((issue, index): Issue => ({ ...issue, ...places[index] })),
    { total, cause },
  )
}
