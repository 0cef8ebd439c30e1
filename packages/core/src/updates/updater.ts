import { atOnce, inSlices } from '../async/slices.js'
import { ConfigError, messageOf } from '../errors/errors.js'
import { rejectEmptied } from '../layers/emptied.js'
import { Layers, mergeLayers } from '../layers/layers.js'
import type { Layer } from '../layers/layer.js'
import { pinnedIn } from '../layers/pinned.js'
import type { KnownNames } from '../schemas/known-names.js'
import { PASS_THROUGH } from '../schemas/create-validator.js'
import { validate } from '../schemas/validate.js'
import type { UnknownPolicy, Validator } from '../schemas/validator.js'
import type { Redactor } from '../secrets/redactor.js'
import { nextValue, nextValueInSlices } from '../snapshots/next-value.js'
import type { NextValue } from '../snapshots/next-value.js'
import type { Change } from '../snapshots/snapshot.js'
import { createChange, createSnapshot } from '../snapshots/snapshot.js'
import type { SourceSet } from '../sources/source-set.js'
import type { DeepReadonly } from '../trees/deep-readonly.js'
import type { PathPatterns } from '../trees/path-patterns.js'
import { checkAfter } from './check.js'
import type { Check } from './check.js'
import { PendingUpdate } from './pending-update.js'
import type { PendingState, Proposal } from './pending-update.js'
import type { Preparation } from './preparation.js'
import { createRejection, rejectedByProgram } from './rejection.js'
import type { ReloadResult } from './reload.js'
import { INITIAL, reduce } from './state.js'
import type { Changed, Origin, Outcome, State, Step } from './state.js'

export interface UpdaterParts<T> {
  readonly sources: SourceSet
  readonly preparation: Preparation<T>
  readonly redactor: Redactor
  readonly restartRequired: PathPatterns
  readonly unknown: UnknownPolicy
  /** The longest random wait before an update is prepared, in milliseconds. */
  readonly maxDelayMs: number
  /** Whether a source may lose all its values in an update. */
  readonly emptied: 'reject' | 'accept'
  /** Aborts on `close()`. */
  readonly signal: AbortSignal
}

/** What a check leads to. The result may come much later: hooks and delays must not keep the next check waiting. */
export interface CheckResult {
  readonly result: Promise<ReloadResult>
}

/** Takes the content of the sources through all stages, from read to notify, and holds the state of a configuration. */
export class Updater<T> {
  readonly #parts: UpdaterParts<T>
  readonly #layers: Layers
  readonly #pending: PendingUpdate<T>
  readonly #observers: ((step: Step<T>) => void)[] = []
  #validator: Validator = PASS_THROUGH
  #state: State<T> = INITIAL
  #newest: Check | undefined
  #checkedAt: number | undefined

  constructor(parts: UpdaterParts<T>) {
    this.#parts = parts
    this.#layers = new Layers(parts.redactor)
    this.#pending = new PendingUpdate(parts.maxDelayMs)
  }

  get state(): State<T> {
    return this.#state
  }

  /** The state of a valid update that is not served yet. */
  get pending(): PendingState | undefined {
    return this.#pending.state
  }

  /** When the sources were last read, in milliseconds since the epoch. */
  get checkedAt(): number | undefined {
    return this.#checkedAt
  }

  /** The names of the schema, where they can be found out. */
  get known(): KnownNames | undefined {
    return this.#validator.known
  }

  /** Sets the validator for all following checks. */
  validateWith(validator: Validator): void {
    this.#validator = validator
  }

  /** Calls `observer` after every outcome, after the observers that were added before. It must not throw. */
  observe(observer: (step: Step<T>) => void): void {
    this.#observers.push(observer)
  }

  /** Reads all sources and takes their content through all stages, up to the swap or a rejection. */
  async check(): Promise<CheckResult> {
    const { sources, redactor, restartRequired, unknown, signal } = this.#parts
    signal.throwIfAborted()
    const check = this.#begin()
    const { stopwatch } = check
    this.#checkedAt = Date.now()
    try {
      const layers = await stopwatch.measure('read', async () => {
        const results = await sources.read(signal)
        return this.#layers.parse(results, this.#validator, signal)
      })
      if (this.#isServed(layers)) return this.#settle({ type: 'unchanged', check, origin: this.#state.origin })
      if (this.#parts.emptied === 'reject') rejectEmptied(layers, this.#state.origin?.layers)
      const { tree, ...found } = await stopwatch.measure('validate', async () => {
        const { snapshot, origin, rejected } = this.#state
        const base = rejected ? undefined : origin
        const merged = await mergeLayers(layers, base?.tree, redactor, signal)
        // When a change waits for a restart, the served value is not the one that the schema returned for the tree.
        const previous = base?.pendingRestart.length === 0 ? { tree: base.tree, value: snapshot?.value } : undefined
        const subject = { tree: merged, layers, previous }
        const validated = await validate(this.#validator, unknown, subject, redactor, signal)
        const pinned = new Set([...validated.pinnedByEnvironment, ...(await inSlices(pinnedIn(layers), signal))])
        return { ...validated, pinnedByEnvironment: Array.from(pinned), tree: merged }
      })
      const { value, warnings, overriders, pinnedByEnvironment } = found
      const running = (): State<T>['snapshot'] => this.#state.snapshot
      const next = await nextValueInSlices(running, value, value === tree, restartRequired, signal)
      const origin = {
        layers,
        tree,
        warnings: [...redactor.issues(layers.flatMap((layer) => layer.warnings)), ...warnings],
        overriders,
        pinnedByEnvironment: redactor.paths(pinnedByEnvironment),
        pendingRestart: redactor.paths(next.pendingRestart),
      }
      return this.#propose(next, origin, check)
    } catch (error) {
      signal.throwIfAborted()
      return this.#settle(this.#rejected(check, error))
    }
  }

  /**
   * Takes a value that comes from no source. It is served when this returns, unless something has to be prepared or
   * waited for.
   */
  set(value: unknown): CheckResult {
    const check = this.#begin()
    try {
      const next = atOnce(nextValue(this.#state.snapshot, value, false, this.#parts.restartRequired))
      return this.#propose(next, undefined, check)
    } catch (error) {
      const issue = { code: 'HOT_CONFIG_SCHEMA', message: messageOf(error) } as const
      return this.reject(ConfigError.of([issue]), check)
    }
  }

  /** Rejects an update. */
  reject(error: ConfigError, check: Check = this.#begin()): CheckResult {
    return this.#settle(this.#rejected(check, error))
  }

  /** Drops the update that is being prepared. */
  close(reason: Error): void {
    const closed = Promise.reject(reason)
    closed.catch(() => undefined)
    this.#pending.clear(closed)
  }

  #begin(): Check {
    return (this.#newest = checkAfter(this.#newest))
  }

  #isServed(layers: readonly Layer[]): boolean {
    // A test drives a configuration without sources by hand: checking it changes nothing.
    if (layers.length === 0) return true
    const { origin, rejected } = this.#state
    return !rejected && origin !== undefined && layers.every((layer, index) => layer === origin.layers[index])
  }

  /** Swaps a value in, at once or once it is prepared. */
  #propose(next: NextValue<T>, origin: Origin | undefined, check: Check): CheckResult {
    const { value } = next
    const { snapshot } = this.#state
    if (value === snapshot?.value) return this.#settle({ type: 'unchanged', check, origin })
    // The first snapshot runs no hooks and waits for no delay.
    const isImmediate = !snapshot || (this.#pending.isImmediate && this.#parts.preparation.isEmpty)
    if (isImmediate) return this.#settle(this.#changed(value, { check, origin }))
    const from = { check, origin, revisions: this.#parts.sources.revisions }
    return { result: this.#pending.send({ value, from }, (...args) => this.#prepare(...args)) }
  }

  /** Runs hooks and builds resources, then swaps: resources and the snapshot change at one instant. */
  async #prepare(proposal: Proposal<T>, signal: AbortSignal): Promise<ReloadResult> {
    const { preparation, redactor } = this.#parts
    const { value } = proposal
    const { stopwatch } = proposal.from.check
    // Read when it ends: the same value may have come again meanwhile, from a newer check.
    const latest = (): Proposal<T>['from'] => {
      const { check, ...from } = proposal.from
      return { ...from, check: { number: check.number, stopwatch } }
    }
    redactor.proposed(value, proposal.from.origin)
    const stop = stopwatch.start('prepare')
    const changed = this.#changed(value, proposal.from)
    const swap = (): void => {
      stop()
      const { check, origin } = latest()
      this.#take({ ...changed, check, origin })
    }
    try {
      // There is always a change here, because the first snapshot needs no preparation.
      await preparation.run(changed.change as Change<T>, signal, (reason) => rejectedByProgram(redactor, reason), swap)
      return 'changed'
    } catch (error) {
      stop()
      if (signal.aborted || !(error instanceof ConfigError)) throw error
      const { check, revisions } = latest()
      return this.#take({ type: 'rejected', check, rejection: createRejection(error), revisions })
    }
  }

  #changed(value: DeepReadonly<T>, { check, origin }: Pick<Proposal<T>['from'], 'check' | 'origin'>): Changed<T> {
    const previous = this.#state.snapshot
    const { redactor } = this.#parts
    const snapshot = createSnapshot<T>(value, (previous?.version ?? 0) + 1, redactor)
    return { type: 'changed', check, origin, snapshot, change: previous && createChange(previous, snapshot, redactor) }
  }

  #rejected(check: Check, error: unknown): Outcome<T> {
    const { sources, redactor } = this.#parts
    const reason =
      error instanceof ConfigError
        ? error
        : rejectedByProgram(redactor, { code: 'HOT_CONFIG_SCHEMA', what: 'unexpected failure', error })
    return { type: 'rejected', check, rejection: createRejection(reason), revisions: sources.revisions }
  }

  /** Ends a check that needs no preparation. A valid one replaces the update that is being prepared. */
  #settle(outcome: Outcome<T>): CheckResult {
    const result = Promise.resolve(outcome.type)
    if (outcome.type === 'rejected') this.#pending.supersede()
    else this.#pending.clear(result)
    this.#take(outcome)
    return { result }
  }

  /** The swap: the only place that changes the state. Everything else observes it. */
  #take(outcome: Outcome<T>): ReloadResult {
    const before = this.#state
    this.#state = reduce(before, outcome)
    for (const observe of this.#observers) observe({ before, now: this.#state, outcome })
    return outcome.type
  }
}
