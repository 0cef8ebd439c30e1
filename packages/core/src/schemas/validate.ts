import { within } from '../async/time-limit.js'
import type { ContentWarning } from '../errors/content-warning.js'
import { ConfigError, messageOf } from '../errors/errors.js'
import type { Issue } from '../errors/errors.js'
import type { Layer } from '../layers/layer.js'
import { originsOf } from '../layers/origins.js'
import type { Redactor } from '../secrets/redactor.js'
import { formatPath } from '../trees/path.js'
import type { Tree } from '../trees/tree.js'
import { findUnknown } from './unknown-names.js'
import type { Judged, SchemaProblem, UnknownPolicy, Validator, Verdict } from './validator.js'

/** How long an asynchronous schema may take. */
const LIMIT = { ms: 10_000, what: 'no answer', keepsAlive: true }

/** A valid value, and what the schema found beside it. */
export interface Validated {
  readonly value: unknown
  /** Names that the schema does not know. */
  readonly warnings: readonly ContentWarning[]
  readonly pinnedByEnvironment: readonly string[]
}

/** What is validated, and what a message about it must not show. */
export interface Subject {
  readonly tree: Tree
  readonly layers: readonly Layer[]
  /** What was validated before; a schema may validate only what changed since. */
  readonly previous: Judged | undefined
  /** The value that is served. */
  readonly current: unknown
}

/**
 * Validates a merged tree.
 *
 * @throws {ConfigError} with every problem, each with the source, file and line that it comes from
 * @throws the reason of `signal`
 */
export async function validate(
  validator: Validator,
  unknown: UnknownPolicy,
  subject: Subject,
  redactor: Redactor,
  signal: AbortSignal,
): Promise<Validated> {
  const verdict = await verdictOf(validator, subject, signal)
  const strangers = unknown === 'ignore' || !validator.names ? [] : findUnknown(subject.tree, validator.names)
  if ('problems' in verdict || (unknown === 'reject' && strangers.length > 0)) {
    const problems = 'problems' in verdict ? verdict.problems : []
    const all = unknown === 'reject' ? [...problems, ...withoutKnown(strangers, problems)] : problems
    throw ConfigError.of(await issuesOf(all, subject, redactor, signal))
  }
  const { value, pinnedByEnvironment = [] } = verdict
  const issues = strangers.length > 0 ? await issuesOf(strangers, subject, redactor, signal) : []
  return { value, warnings: issues.map(({ code: _code, ...warning }) => warning), pinnedByEnvironment }
}

/** A strict schema says of a name itself that it does not know it. */
function withoutKnown(strangers: readonly SchemaProblem[], problems: readonly SchemaProblem[]): SchemaProblem[] {
  const known = new Set(problems.map(({ path, place = path }) => formatPath(place)))
  return strangers.filter(({ path }) => !known.has(formatPath(path)))
}

async function verdictOf(validator: Validator, { tree, previous }: Subject, signal: AbortSignal): Promise<Verdict> {
  try {
    return await within(LIMIT, signal, () => validator.validate(tree, previous))
  } catch (error) {
    signal.throwIfAborted()
    return { problems: [{ path: [], message: `the schema failed: ${messageOf(error)}` }] }
  }
}

async function issuesOf(
  problems: readonly SchemaProblem[],
  { tree, layers, current }: Subject,
  redactor: Redactor,
  signal: AbortSignal,
): Promise<Issue[]> {
  // not the merged tree: a schema may take out of it what its message then quotes
  const given = layers.flatMap(({ parts }) => parts.map((part) => part.tree))
  const paths = problems.map(({ path, place = path, source }) => (source === undefined ? place : []))
  const origins = await originsOf(layers, paths, signal)
  return problems.map(({ path, message, source }, index) => ({
    code: 'HOT_CONFIG_SCHEMA',
    ...(source === undefined ? origins[index] : { source }),
    ...(path.length > 0 && { path: formatPath(path) }),
    message: redactor.scrubProblem(message, path, tree, current, ...given),
  }))
}
