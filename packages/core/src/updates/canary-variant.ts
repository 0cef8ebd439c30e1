import { inSlices } from '../async/slices.js'
import { inTime } from '../async/time-limit.js'
import { ConfigError, messageOf } from '../errors/errors.js'
import { rejectEmptied } from '../layers/emptied.js'
import type { SchemaNames } from '../layers/known-entries.js'
import type { Layer } from '../layers/layer.js'
import { Layers, mergeLayers } from '../layers/layers.js'
import type { Redactor } from '../secrets/redactor.js'
import { digestOf } from '../snapshots/digest.js'
import type { ReadResult } from '../sources/source-reader.js'
import type { CanaryReading } from '../sources/source.js'
import { isArrayOf } from '../trees/build-object.js'
import { isSame } from '../trees/equal.js'
import type { Tree } from '../trees/tree.js'
import type { Attempt } from './check.js'
import { refusalFor } from './state.js'
import type { Canary, Origin, State } from './state.js'

/** How long the entries of a canary may take to be parsed, in milliseconds. It must not hold up the stable content. */
const PATIENCE_MS = 2_000

export function isReading(result: ReadResult): boolean {
  return 'reading' in result
}

/**
 * The canary in what was read. Of several, the first that this process was chosen for. They are served and rejected together,
 * so its digest is that of all of them: if another one of them changes or goes, the rest is tried again.
 */
export function canaryIn(results: readonly ReadResult[]): CanaryReading | undefined {
  const found = results.flatMap((result) => ('reading' in result && result.reading.canary) || [])
  const [first, ...others] = found.filter(({ chosen }) => chosen)
  if (!first || others.length === 0) return first ?? found[0]
  return { ...first, digest: digestOf([first, ...others].map(({ digest }) => digest)) }
}

/**
 * Whether a check tries a canary. What is wrong with the stable content is not hidden by it: what can't be read, and a source
 * that has lost all its entries, of which only the canary's would be left, where such an update is rejected.
 */
export function isTried<T>(
  canary: CanaryReading,
  results: readonly ReadResult[],
  state: State<T>,
  emptied: 'reject' | 'accept',
): boolean {
  const stable = stableIn(state.origin)
  const isWhole = results.every((result, index) => {
    if (!('reading' in result)) return false
    return emptied === 'accept' || result.reading.entries.length > 0 || (stable?.[index]?.entries.length ?? 0) === 0
  })
  return canary.chosen && isWhole && !refusalFor(state, canary.digest)
}

interface Parts {
  readonly redactor: Redactor
  readonly signal: AbortSignal
}

/**
 * The layers that were served last without a canary. Beside a canary, they are those that are read with it, as soon as they
 * can be parsed: what they lose later has to be found, also what they got while the canary was served.
 */
export async function stableLayers(
  { canary, results }: Attempt,
  before: Origin | undefined,
  names: SchemaNames,
  parts: Parts & { readonly emptied: 'reject' | 'accept' },
): Promise<readonly Layer[] | undefined> {
  const known = stableIn(before)
  if (!canary) return known
  const unlessEmptied = async (layers: readonly Layer[]): Promise<readonly Layer[]> => {
    if (parts.emptied === 'reject') rejectEmptied(layers, known)
    return layers
  }
  const read = await parsedBeside(results, names, parts, unlessEmptied, known)
  return read === undefined || (known && isArrayOf(known, read)) ? known : read
}

/** Whether the stable content is this tree, which the guard took back: a canary would be served together with it. */
export async function isStable(
  tree: Tree,
  results: readonly ReadResult[],
  names: SchemaNames,
  parts: Parts,
): Promise<boolean> {
  const { redactor, signal } = parts
  const isSameTree = async (layers: readonly Layer[]): Promise<boolean> => {
    await inSlices(redactor.read(layers), signal)
    return isSame(await mergeLayers(layers, tree, signal), tree)
  }
  return (await parsedBeside(results, names, parts, isSameTree)) ?? false
}

/** Parses what was read, apart from what is served. @returns `undefined` for what can't be parsed or used */
async function parsedBeside<R>(
  results: readonly ReadResult[],
  names: SchemaNames,
  { redactor, signal }: Parts,
  use: (layers: readonly Layer[]) => Promise<R>,
  last?: readonly Layer[],
): Promise<R | undefined> {
  try {
    return await use(await new Layers(redactor, last).parse(results, names, signal))
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}

/** The stable layers of what is served. */
function stableIn(origin: Origin | undefined): readonly Layer[] | undefined {
  return origin?.canary === undefined ? origin?.layers : origin.stable
}

/**
 * What is reported of a canary. Its entries are parsed also where this process was not chosen for it, because a digest
 * must not be shown of what is secret in them.
 */
export async function describeCanary(
  { source, share, chosen, digest, problem, entries }: CanaryReading,
  before: Canary | undefined,
  names: SchemaNames,
  parts: Parts,
): Promise<Canary> {
  const canary = { source, share, chosen, digest, problem }
  if (digest === undefined) return { ...canary, parts: undefined }
  if (before?.digest === digest) return { ...canary, parts: before.parts }
  const own = { revision: digest, entries: entries.filter((entry) => entry.source === source) }
  const parsed = parsedBeside([{ name: source, reading: own }], names, parts, async ([layer]) => layer?.parts)
  const limit = { ms: PATIENCE_MS, keepsAlive: true }
  return { ...canary, parts: await inTime(limit, parts.signal, parsed).catch(() => undefined) }
}

/** What was read, with the entries of the canaries that this process was chosen for. */
export function withCanaries(results: readonly ReadResult[]): ReadResult[] {
  return results.map((result) => {
    if (!('reading' in result) || !result.reading.canary?.chosen) return result
    const { entries } = result.reading.canary
    return { ...result, reading: { ...result.reading, entries } }
  })
}

/** Why a canary is rejected: what can't be read, or problems, of which those without a source get that of the canary. */
export function canaryError(
  { source, digest }: Pick<CanaryReading, 'source' | 'digest'>,
  error: unknown,
  redactor: Redactor,
): unknown {
  if (digest === undefined) {
    const message = `can't be read: ${redactor.scrub(messageOf(error))}`
    return ConfigError.of([{ code: 'HOT_CONFIG_SOURCE', source, message }])
  }
  if (!(error instanceof ConfigError)) return error
  const issues = error.issues.map((issue) => ({ ...issue, source: issue.source ?? source }))
  return ConfigError.of(issues, { total: error.total, cause: error.cause })
}
