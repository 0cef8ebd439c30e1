import { within } from '../async/time-limit.js'
import { ConfigError, messageOf } from '../errors/errors.js'
import type { Issue } from '../errors/errors.js'
import type { Layer } from '../layers/layer.js'
import { originsOf } from '../layers/origins.js'
import type { Redactor } from '../secrets/redactor.js'
import { formatPath } from '../trees/path.js'
import type { Tree } from '../trees/tree.js'
import type { Judged, SchemaProblem, Validator, Verdict } from './validator.js'

/** How long an asynchronous schema may take. */
const LIMIT = { ms: 10_000, what: 'no answer', keepsAlive: true }

/** A valid value, and what the schema found beside it. */
export interface Validated {
  readonly value: unknown
  readonly undeclared: readonly string[]
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
  subject: Subject,
  redactor: Redactor,
  signal: AbortSignal,
): Promise<Validated> {
  const verdict = await verdictOf(validator, subject, signal)
  if ('problems' in verdict) throw ConfigError.of(await issuesOf(verdict.problems, subject, redactor, signal))
  const { value, undeclared = [], pinnedByEnvironment = [] } = verdict
  return { value, undeclared, pinnedByEnvironment }
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
  const paths = problems.map(({ path, source }) => (source === undefined ? path : []))
  const origins = await originsOf(layers, paths, signal)
  return problems.map(({ path, message, source }, index) => ({
    code: 'HOT_CONFIG_SCHEMA',
    ...(source === undefined ? origins[index] : { source }),
    ...(path.length > 0 && { path: formatPath(path) }),
    message: redactor.scrubProblem(message, path, tree, current, ...given),
  }))
}
