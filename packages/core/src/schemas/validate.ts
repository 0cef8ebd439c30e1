import { inSlices } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import { inTime } from '../async/time-limit.js'
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

/** More are counted, and not written out. */
const MAX_PROBLEMS = 100

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
  const strangers = unknown === 'ignore' || !validator.known ? [] : findUnknown(subject.tree, validator.known)
  const rejected = 'problems' in verdict ? verdict.problems : []
  const problems = unknown === 'reject' ? [...rejected, ...withoutKnown(strangers, rejected)] : rejected
  if ('problems' in verdict || problems.length > 0) {
    const issues = await issuesOf(problems.slice(0, MAX_PROBLEMS), subject, redactor, signal)
    // what a file holds that is not read as what it is may be what the schema lacks
    const hints = redactor.issues(subject.layers.flatMap((layer) => layer.hints))
    issues.push(...hints.map((hint): Issue => ({ code: 'HOT_CONFIG_SCHEMA', ...hint })))
    throw ConfigError.of(issues, { total: problems.length + hints.length })
  }
  const { value, pinnedByEnvironment = [] } = verdict
  return { value, warnings: await warningsOf(strangers, subject, redactor, signal), pinnedByEnvironment }
}

/** Without the names that a strict schema has rejected itself. */
function withoutKnown(strangers: readonly SchemaProblem[], problems: readonly SchemaProblem[]): SchemaProblem[] {
  const known = new Set(problems.map(({ path, place = path }) => formatPath(place)))
  return strangers.filter(({ path }) => !known.has(formatPath(path)))
}

async function warningsOf(
  strangers: readonly SchemaProblem[],
  subject: Subject,
  redactor: Redactor,
  signal: AbortSignal,
): Promise<ContentWarning[]> {
  if (strangers.length === 0) return []
  const issues = await issuesOf(strangers.slice(0, MAX_PROBLEMS), subject, redactor, signal)
  return issues.map(({ code: _code, ...warning }) => warning)
}

async function verdictOf(validator: Validator, { tree, previous }: Subject, signal: AbortSignal): Promise<Verdict> {
  try {
    return await inTime(LIMIT, signal, Promise.resolve(validator.validate(tree, previous)))
  } catch (error) {
    signal.throwIfAborted()
    return { problems: [{ path: [], message: `the schema failed: ${messageOf(error)}` }] }
  }
}

async function issuesOf(
  problems: readonly SchemaProblem[],
  { tree, layers }: Subject,
  redactor: Redactor,
  signal: AbortSignal,
): Promise<Issue[]> {
  const paths = problems.map(({ path, place = path, source }) => (source === undefined ? place : []))
  const origins = await originsOf(layers, paths, signal)
  return inSlices(shownIssues(problems, origins, tree, redactor), signal)
}

function* shownIssues(
  problems: readonly SchemaProblem[],
  origins: readonly Partial<Issue>[],
  tree: Tree,
  redactor: Redactor,
): Walk<Issue[]> {
  const issues: Issue[] = []
  for (const [index, { path, message, source, isUnknown, isOwn }] of problems.entries()) {
    const shownPath = redactor.path(path)
    issues.push({
      code: 'HOT_CONFIG_SCHEMA',
      ...(source === undefined ? origins[index] : { source }),
      ...(shownPath !== '' && { path: shownPath }),
      message: isUnknown ? redactor.scrub(message) : redactor.problem(message, path, isOwn ? undefined : tree),
    })
    yield
  }
  return issues
}
