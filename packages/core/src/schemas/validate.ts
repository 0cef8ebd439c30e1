import { inSlices } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import { inTime } from '../async/time-limit.js'
import type { ContentWarning } from '../errors/content-warning.js'
import { ConfigError, messageOf } from '../errors/errors.js'
import type { Issue } from '../errors/errors.js'
import { formatOf } from '../formats/parsers.js'
import type { Layer } from '../layers/layer.js'
import { originsOf } from '../layers/origins.js'
import type { Redactor } from '../secrets/redactor.js'
import { Bounds, MAX_VALUES, checkBounds } from '../trees/bounds.js'
import { canonical } from '../trees/canonical.js'
import { formatPath, valueAt } from '../trees/path.js'
import { TreeError, isPlainObject } from '../trees/tree.js'
import type { Tree } from '../trees/tree.js'
import { outsideYaml } from './exact-text.js'
import { findUnknown } from './unknown-names.js'
import type { Judged, SchemaProblem, UnknownPolicy, Validator, Verdict } from './validator.js'

/** Further problems are only counted: a message with thousands of them would help nobody. */
const MAX_PROBLEMS = 100

/** The time limit for an asynchronous schema. */
const LIMIT = { ms: 10_000, what: 'no answer', keepsAlive: true }

const NO_OVERRIDERS: ReadonlyMap<string, string> = new Map()

/** A valid value, with the warnings that validation found. */
export interface Validated {
  readonly value: unknown
  /** One warning for each name that the schema does not know. */
  readonly warnings: readonly ContentWarning[]
  readonly pinnedByEnvironment: readonly string[]
  readonly overriders: ReadonlyMap<string, string>
}

/** The tree to validate, with the layers that messages about it refer to. */
export interface Subject {
  readonly tree: Tree
  readonly layers: readonly Layer[]
  /** The tree that was validated before. A schema may validate only the parts that changed since. */
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
  const verdict = await bounded(validator, await verdictOf(validator, subject, signal), subject, signal)
  const known = unknown === 'ignore' ? undefined : validator.known
  const strangers = known ? await inSlices(findUnknown(subject.tree, known), signal) : []
  const rejected = 'problems' in verdict ? verdict.problems : []
  const problems = unknown === 'reject' ? [...rejected, ...withoutKnown(strangers, rejected)] : rejected
  if ('problems' in verdict || problems.length > 0) {
    const issues = await issuesOf(problems.slice(0, MAX_PROBLEMS), subject, redactor, signal)
    const { first, last } = hintsFor(problems, subject, redactor)
    const total = first.length + problems.length + last.length
    throw ConfigError.of([...first, ...issues, ...last], { total })
  }
  const { value, pinnedByEnvironment = [], overriders = NO_OVERRIDERS } = verdict
  const warnings = await warningsOf(strangers, subject, redactor, signal)
  return { value, warnings, pinnedByEnvironment, overriders }
}

/** Why values may be missing: files that are read as text, and sources that are empty. */
function hintsFor(
  problems: readonly SchemaProblem[],
  { layers, tree }: Subject,
  redactor: Redactor,
): { readonly first: readonly Issue[]; readonly last: readonly Issue[] } {
  const hintsOf = (warnings: readonly ContentWarning[]): Issue[] =>
    redactor.issues(warnings).map((warning) => ({ code: 'HOT_CONFIG_SCHEMA', ...warning }))
  // The environment and the schema's own defaults have their problems whatever the sources hold.
  const ofSources = problems.filter(({ source }) => source === undefined)
  const missing = ofSources.filter(({ path, place = path }) => valueAt(tree, place) === undefined)
  const misread = hintsOf(layers.flatMap((layer) => layer.hints))
  const empty = missing.length > 0 ? hintsOf(layers.flatMap((layer) => layer.emptiness)) : []
  // Many reports show only the first problem. Where all values are missing, the empty source says the most.
  const areMissing = missing.length === ofSources.length
  return areMissing ? { first: empty, last: misread } : { first: [], last: [...empty, ...misread] }
}

/** Removes the names that a strict schema has already rejected, so that each is reported once. */
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
    const given = validator.validate(tree, previous)
    return given instanceof Promise ? await inTime(LIMIT, signal, given) : given
  } catch (error) {
    signal.throwIfAborted()
    return { problems: [{ path: [], message: `the schema failed: ${messageOf(error)}` }] }
  }
}

const NOTHING: SchemaProblem = { path: [], message: 'the schema returned nothing: expected the configuration' }

/**
 * Rejects a value that is missing, too deep or too large for a snapshot, or not converted, and brings its keys into one
 * order.
 */
async function bounded(
  { isUnordered }: Validator,
  verdict: Verdict,
  { tree, previous }: Subject,
  signal: AbortSignal,
): Promise<Verdict> {
  if ('problems' in verdict || verdict.value === tree) return verdict
  if (verdict.value === undefined) return { problems: [NOTHING] }
  try {
    const bounds = new Bounds(MAX_VALUES, tree)
    const { value } = verdict
    if (isUnordered) return { ...verdict, value: await inSlices(canonical(value, previous?.value, bounds), signal) }
    await inSlices(checkBounds(value, previous?.value, isPlainObject, bounds), signal)
    return verdict
  } catch (error) {
    if (!(error instanceof TreeError)) throw error
    return { problems: [{ path: error.segments, message: `what the schema returned ${error.message}` }] }
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
  for (const [index, problem] of problems.entries()) {
    const { path, message, source, isUnknown, isOwn } = problem
    const shownPath = redactor.path(path)
    const origin = source === undefined ? origins[index] : { source }
    const shown = isUnknown ? redactor.scrub(message) : redactor.problem(problem, tree)
    issues.push({
      code: 'HOT_CONFIG_SCHEMA',
      ...origin,
      ...(shownPath !== '' && { path: shownPath }),
      message: isOwn && origin?.file !== undefined && formatOf(origin.file) !== 'yaml' ? outsideYaml(shown) : shown,
    })
    yield
  }
  return issues
}
