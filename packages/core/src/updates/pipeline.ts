import { ConfigError, messageOf } from '../errors/errors.js'
import type { Issue } from '../errors/errors.js'
import { originsOf } from '../layers/origins.js'
import { parseLayer } from '../layers/layer.js'
import type { Layer } from '../layers/layer.js'
import { formatPath } from '../trees/path.js'
import type { Redactor } from '../secrets/redactor.js'
import type { Stopwatch } from './reload.js'
import type { Judged, SchemaProblem, Validator, Verdict } from '../schemas/validator.js'
import { inSlices } from '../async/slices.js'
import type { Soon } from '../async/soon.js'
import { KeyError } from '../sources/files/read-folder.js'
import type { Reading, Source, Watch } from '../sources/source.js'
import { merge } from '../trees/merge.js'
import type { Tree } from '../trees/tree.js'
import { watchAll } from '../sources/watch-all.js'

/** What went through the whole pipeline and may become a snapshot. */
export interface Candidate {
  readonly value: unknown
  /** What the sources gave, before it was validated; frozen. Without a schema it is the value. */
  readonly tree: Tree
  readonly undeclared: readonly string[]
  readonly pinnedByEnvironment: readonly string[]
  readonly layers: readonly Layer[]
  /** Measures the reload that it came from. */
  readonly stopwatch: Stopwatch
}

/** What a snapshot came from, with the paths at which the running value was kept. */
export type Accepted = Candidate & { readonly pendingRestart: readonly string[] }

/**
 * The way of the data from bytes to a value: read, parse, merge, validate. The same for every source, schema and
 * framework. Keeps what it parsed, so that only what changed is parsed again.
 */
export class Pipeline {
  readonly #sources: readonly Source[]
  readonly #validator: Validator
  readonly #redactor: Redactor
  readonly #readings: (Reading | undefined)[]
  readonly #layers: (Layer | undefined)[]

  constructor(sources: readonly Source[], validator: Validator, redactor: Redactor) {
    this.#sources = sources
    this.#validator = validator
    this.#redactor = redactor
    this.#readings = sources.map(() => undefined)
    this.#layers = sources.map(() => undefined)
  }

  /** The last reading of a source, `undefined` when that failed. */
  readingOf(index: number): Reading | undefined {
    return this.#readings[index]
  }

  /** Has the sources that can be watched ask for `reload`. */
  watch(recheckMs: number, reload: () => Promise<unknown>): (Watch | undefined)[] {
    return watchAll(this.#sources, (_source, index) => ({
      recheckMs,
      lastStamp: () => this.#readings[index]?.stamp,
      changed: () => {
        reload().catch(() => undefined)
      },
    }))
  }

  /**
   * Reads all sources and takes what they hold through to a value.
   *
   * @param accepted what the current snapshot came from, when the last update became one
   * @returns the candidate, or `undefined` when every byte is the same as in `accepted`
   * @throws {ConfigError} with every problem found
   */
  async run(
    current: unknown,
    accepted: Accepted | undefined,
    signal: AbortSignal,
    stopwatch: Stopwatch,
  ): Promise<Candidate | undefined> {
    const layers = await this.#readLayers(current, signal, stopwatch)
    signal.throwIfAborted()
    if (accepted && layers.every((layer, index) => layer === accepted.layers[index])) return undefined
    const stop = stopwatch.start('validate')
    try {
      const trees = layers.flatMap(({ parts }) => parts.map((part) => part.tree))
      const merged = inSlices(merge(trees, accepted?.tree), signal)
      const tree = ((merged instanceof Promise ? await merged : merged) ?? NOTHING) as Tree
      for (const { tree } of layers.flatMap(({ parts }) => parts.filter(({ entry }) => entry.secret))) {
        const learnt = inSlices(this.#redactor.learn(tree as Tree), signal)
        if (learnt instanceof Promise) await learnt
      }
      // what was kept for a restart is not what its tree stands for
      const previous = accepted?.pendingRestart.length === 0 ? { tree: accepted.tree, value: current } : undefined
      const judged = this.#judge(tree, previous)
      const verdict = judged instanceof Promise ? await judged : judged
      if ('problems' in verdict) {
        throw ConfigError.of(await this.#issuesOf(verdict.problems, tree, layers, current, signal))
      }
      const { value, undeclared = [], pinnedByEnvironment = [] } = verdict
      return { value, tree, undeclared, pinnedByEnvironment, layers, stopwatch }
    } finally {
      stop()
    }
  }

  async #readLayers(current: unknown, signal: AbortSignal, stopwatch: Stopwatch): Promise<Layer[]> {
    const stop = stopwatch.start('read')
    const results = await Promise.all(
      this.#sources.map((source, index) => this.#readLayer(source, index, current, signal)),
    )
    stop()
    const issues = results.flatMap((result) => ('issues' in result ? result.issues : []))
    if (issues.length > 0) throw ConfigError.of(issues)
    return results.flatMap((result) => ('layer' in result ? [result.layer] : []))
  }

  async #readLayer(
    source: Source,
    index: number,
    current: unknown,
    signal: AbortSignal,
  ): Promise<{ layer: Layer } | { issues: Issue[] }> {
    let reading: Reading
    try {
      reading = await source.read(signal)
    } catch (error) {
      signal.throwIfAborted()
      // only now: while a reading is under way, the one before is what health tells of
      this.#readings[index] = undefined
      const file = error instanceof KeyError && { file: error.key }
      const reason = this.#redactor.scrub(error instanceof Error ? error.message : String(error), current)
      const message = `can't be read: ${reason}`
      return { issues: [{ code: 'HOT_CONFIG_SOURCE', source: source.name, ...file, message }] }
    }
    this.#readings[index] = reading
    const result = await parseLayer(source.name, reading, this.#validator.keyPaths, this.#layers[index], signal)
    if ('layer' in result) this.#layers[index] = result.layer
    return result
  }

  #judge(tree: Tree, previous: Judged | undefined): Soon<Verdict> {
    try {
      const verdict = this.#validator.validate(tree, previous)
      return verdict instanceof Promise ? verdict.catch(refuse) : verdict
    } catch (error) {
      return refuse(error)
    }
  }

  async #issuesOf(
    problems: readonly SchemaProblem[],
    tree: Tree,
    layers: readonly Layer[],
    current: unknown,
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
      message: this.#redactor.scrubProblem(message, path, tree, current, ...given),
    }))
  }
}

function refuse(error: unknown): Verdict {
  return { problems: [{ path: [], message: `the schema failed: ${messageOf(error)}` }] }
}

const NOTHING: Tree = Object.freeze({})
