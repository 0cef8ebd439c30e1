import { acrossCopies } from './across-copies.js'
import { grouped } from './grouped.js'
import { limitIssues } from './issue-limits.js'

/** One problem and its place. Never contains a configuration value. */
export interface Issue {
  /** The kind of problem. It is the `code` of the error class of that kind. */
  readonly code: IssueCode
  /** The source's name, such as `volume:/etc/config`. */
  readonly source?: string
  /** The key or file within the source. */
  readonly file?: string
  /** Counted from 1. */
  readonly line?: number
  /** Counted from 1. */
  readonly column?: number
  /** The path in the configuration, such as `servers[1].host`. */
  readonly path?: string
  /** What was expected. */
  readonly message: string
}

export type IssueCode =
  | 'HOT_CONFIG_SOURCE'
  | 'HOT_CONFIG_EMPTIED'
  | 'HOT_CONFIG_SYNTAX'
  | 'HOT_CONFIG_SCHEMA'
  | 'HOT_CONFIG_VETO'
  | 'HOT_CONFIG_RESOURCE'
  | 'HOT_CONFIG_TAKEN_BACK'

/** Describes a place in a file, such as `app.yaml:3:7`. Parts that are not known are left out. */
export function describePlace({ file, line, column }: Pick<Issue, 'file' | 'line' | 'column'>): string {
  return [file, line, column].filter((part) => part !== undefined).join(':')
}

/** Describes an issue in one line, such as `volume:/etc/config app.yaml:3:7 log.level: must be one of ...`. */
export function describeIssue(issue: Omit<Issue, 'code'>): string {
  const place = [issue.source, describePlace(issue), issue.path].filter(Boolean).join(' ')
  return place ? `${place}: ${issue.message}` : issue.message
}

/** The options of an error, in addition to its issues. */
interface ConfigErrorOptions extends ErrorOptions {
  /** The number of all problems, when only the first are listed. */
  readonly total?: number
}

/** Configuration that can't be used. Lists the problems that were found: the first 100, and how many more there are. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  readonly code: IssueCode | 'HOT_CONFIG_INVALID' = 'HOT_CONFIG_INVALID'
  readonly issues: readonly Issue[]
  /** The number of all problems. */
  readonly total: number

  constructor(issues: readonly Issue[], options: ConfigErrorOptions = {}) {
    const { total = issues.length, ...rest } = options
    const told = limitIssues(issues, total)
    const [first] = told
    super(
      total === 1 && first
        ? describeIssue(first)
        : `${grouped(total)} problems\n${told.map((issue) => `  ${describeIssue(issue)}`).join('\n')}`,
      rest,
    )
    // every listener, the history and the health report share them
    this.issues = Object.freeze(told.map((issue) => Object.freeze({ ...issue })))
    this.total = total
  }

  /**
   * Creates the error for issues: of the class for their kind, or a plain `ConfigError` for issues of several kinds.
   */
  static of(issues: readonly Issue[], options?: ConfigErrorOptions): ConfigError {
    const codes = new Set(issues.map((issue) => issue.code))
    if (codes.size > 1) return new ConfigError(issues, options)
    if (codes.has('HOT_CONFIG_SOURCE')) return new SourceError(issues, options)
    if (codes.has('HOT_CONFIG_EMPTIED')) return new EmptiedError(issues, options)
    if (codes.has('HOT_CONFIG_SYNTAX')) return new FormatError(issues, options)
    if (codes.has('HOT_CONFIG_VETO')) return new VetoError(issues, options)
    if (codes.has('HOT_CONFIG_RESOURCE')) return new ResourceError(issues, options)
    if (codes.has('HOT_CONFIG_TAKEN_BACK')) return new TakenBackError(issues, options)
    return new SchemaError(issues, options)
  }
}

/** A source that could not be read. */
export class SourceError extends ConfigError {
  override name = 'SourceError'
  override readonly code = 'HOT_CONFIG_SOURCE'
}

/** An update in which a source, or one of its files, no longer has any values. */
export class EmptiedError extends ConfigError {
  override name = 'EmptiedError'
  override readonly code = 'HOT_CONFIG_EMPTIED'
}

/** A file that does not match its format, or that exceeds a limit. */
export class FormatError extends ConfigError {
  override name = 'FormatError'
  override readonly code = 'HOT_CONFIG_SYNTAX'
}

/** A value that the schema rejects. */
export class SchemaError extends ConfigError {
  override name = 'SchemaError'
  override readonly code = 'HOT_CONFIG_SCHEMA'
}

/** An update that a `beforeChange` hook vetoed. */
export class VetoError extends ConfigError {
  override name = 'VetoError'
  override readonly code = 'HOT_CONFIG_VETO'
}

/** An update for which a resource could not be built. */
export class ResourceError extends ConfigError {
  override name = 'ResourceError'
  override readonly code = 'HOT_CONFIG_RESOURCE'
}

/** An update that was served and that the guard took back. */
export class TakenBackError extends ConfigError {
  override name = 'TakenBackError'
  override readonly code = 'HOT_CONFIG_TAKEN_BACK'
}

/** An unknown or invalid option, which is a mistake in the code of the application and not in the configuration. */
export class OptionError extends TypeError {
  override name = 'OptionError'
  readonly code = 'HOT_CONFIG_OPTION'
}

/** The configuration was read before the first valid snapshot. */
export class NotReadyError extends Error {
  override name = 'NotReadyError'
  readonly code = 'HOT_CONFIG_NOT_READY'
  /**
   * The status for frameworks that convert errors to HTTP answers: the service is not available yet. With all three
   * properties, as in http-errors, Express, Fastify, Koa and NestJS answer 503 and do not show the message.
   */
  readonly statusCode = 503
  readonly status = 503
  readonly expose = false

  constructor(options?: ErrorOptions) {
    super('There is no valid configuration yet: wait for the first load before reading it', options)
  }
}

/** The configuration was used after `close()`. */
export class ClosedError extends Error {
  override name = 'ClosedError'
  readonly code = 'HOT_CONFIG_CLOSED'

  constructor() {
    super('This configuration was closed')
  }
}

acrossCopies(ConfigError, 'ConfigError')
acrossCopies(SourceError, 'SourceError')
acrossCopies(EmptiedError, 'EmptiedError')
acrossCopies(FormatError, 'FormatError')
acrossCopies(SchemaError, 'SchemaError')
acrossCopies(VetoError, 'VetoError')
acrossCopies(ResourceError, 'ResourceError')
acrossCopies(TakenBackError, 'TakenBackError')
acrossCopies(OptionError, 'OptionError')
acrossCopies(NotReadyError, 'NotReadyError')
acrossCopies(ClosedError, 'ClosedError')

/** Returns the message of anything that was thrown, also in another realm, whose errors fail `instanceof`. */
export function messageOf(error: unknown): string {
  try {
    if (!isErrorLike(error)) return String(error)
    // When several addresses fail, Node throws a single error with an empty message.
    return error.message || String(error.code || error.name)
  } catch {
    return 'something that is no error was thrown'
  }
}

function isErrorLike(error: unknown): error is { message: string; name?: unknown; code?: unknown } {
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
}
