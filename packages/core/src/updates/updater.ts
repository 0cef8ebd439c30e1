import { handled } from '../async/handled.js'
import { atOnce } from '../async/slices.js'
import { ConfigError, messageOf } from '../errors/errors.js'
import { rejectEmptied } from '../layers/emptied.js'
import { Layers, rememberRevisions } from '../layers/layers.js'
import { SchemaInUse } from '../schemas/schema-in-use.js'
import { nextValue } from '../snapshots/next-value.js'
import type { Before, NextValue } from '../snapshots/next-value.js'
import type { Change } from '../snapshots/snapshot.js'
import type { ReadResult } from '../sources/source-reader.js'
import { isSame } from '../trees/equal.js'
import type { Tree } from '../trees/tree.js'
import type { DeepReadonly } from '../trees/deep-readonly.js'
import { candidateOf } from './candidate.js'
import { canaryIn, describeCanary, isReading, isStable, isTried, stableLayers, withCanaries } from './canary-variant.js'
import { checkAfter, withoutSources } from './check.js'
import type { Attempt, Check, RefusedCanary } from './check.js'
import { startFromLastGood } from './last-good-attempt.js'
import { PendingUpdate } from './pending-update.js'
import type { PendingState, Prepare, Proposal } from './pending-update.js'
import type { Served } from './guard/guard.js'
import { changedOutcome, refusedOutcome, rejectedOutcome, takenBackOutcome } from './outcomes.js'
import { rejectedByProgram, withPlaces } from './rejection.js'
import type { ProgramRejection } from './rejection.js'
import type { ReloadResult } from './reload.js'
import { INITIAL, isServed, refusalFor, reduce, withStable } from './state.js'
import type { Canary, Changed, Origin, Outcome, Rejected, State, Step } from './state.js'
import type { CheckResult, UpdaterParts } from './updater-parts.js'

/** Takes the content of the sources through all stages, from read to notify, and holds the state of a configuration. */
export class Updater<T> {
  readonly schema: SchemaInUse = new SchemaInUse()
  readonly #parts: UpdaterParts<T>
  readonly #layers: Layers
  readonly #pending: PendingUpdate<T>
  readonly #observers: ((step: Step<T>) => void)[] = []
  /** What a new value shares its unchanged parts with. */
  readonly #before = (): Before<T> => ({ running: this.#state.snapshot, proven: this.#parts.safe.proven })
  #state: State<T> = INITIAL
  #newest: Check | undefined
  /** What the newest check read of a canary. */
  #canary: Canary | undefined
  /** The content that the guard took back last, unless that was the fault of a canary. */
  #takenBack: { readonly tree: Tree; readonly reason: ConfigError } | undefined
  /** The canary that a hook or a resource has rejected. The next check takes the stable content in its place. */
  #vetoed: RefusedCanary | undefined

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
    return this.#newest?.readAt
  }

  /** Calls `observer` after every outcome, after the observers that were added before. It must not throw. */
  observe(observer: (step: Step<T>) => void): void {
    this.#observers.push(observer)
  }

  /** Reads all sources and takes what they hold: with the canary that this process was chosen for, else without it. */
  async check(): Promise<CheckResult> {
    const { sources, signal, emptied } = this.#parts
    signal.throwIfAborted()
    const { preparing } = this.schema
    if (preparing) await preparing
    signal.throwIfAborted()
    const check = this.#begin(Date.now())
    const stopRead = check.stopwatch.start('read')
    const results = await sources.read(signal)
    const canary = canaryIn(results)
    // of a source that can't be read, what was read last is what is known
    if (canary) this.#canary = await describeCanary(canary, this.#canary, this.schema.validator, this.#parts)
    else if (results.every(isReading)) this.#canary = undefined
    const stable = { results, check, stopRead }
    const isBad =
      canary && this.#takenBack && (await isStable(this.#takenBack.tree, results, this.schema.validator, this.#parts))
    const vetoed = canary?.digest === this.#vetoed?.canary.digest ? this.#vetoed : undefined
    this.#vetoed = undefined
    if (!canary || isBad || vetoed || !isTried(canary, results, this.#state, emptied)) {
      const unread = canary?.error === undefined ? undefined : { canary, error: canary.error }
      return this.#acceptStable(stable, vetoed ?? unread)
    }
    try {
      return await this.#accept({ ...stable, canary })
    } catch (error) {
      signal.throwIfAborted()
      // What the guard took back was served with this canary before: the stable content in it is to blame.
      if (error === this.#takenBack?.reason) return this.#settle(this.#rejected(check, error))
      return this.#acceptStable(stable, { canary, error })
    }
  }

  /** @param refused the canary that this is served in place of */
  async #acceptStable(attempt: Attempt, refused?: RefusedCanary): Promise<CheckResult> {
    let accepted: CheckResult
    try {
      accepted = await this.#accept(attempt)
    } catch (error) {
      this.#parts.signal.throwIfAborted()
      // The canary may be rejected for the same reason, and so is tried again.
      return this.#settle(this.#rejected(attempt.check, await this.#startAnyway(attempt, error)))
    }
    if (!refused || !this.#refuse(refused, attempt.check)) return accepted
    return { ...accepted, result: accepted.result.then((result) => (result === 'changed' ? result : 'rejected')) }
  }

  /** Starts from the last good configuration, where the first load failed. @returns why it failed, and why this did */
  async #startAnyway(attempt: Attempt, error: unknown): Promise<unknown> {
    const { safe, signal } = this.#parts
    if (this.#state.snapshot || !safe.lastGood) return error
    const accept = (results: readonly ReadResult[], savedAt: string): Promise<unknown> =>
      this.#accept({ ...attempt, results, savedAt })
    return startFromLastGood(safe.lastGood, { results: attempt.results, error, accept, signal })
  }

  /** Does the same where the first load takes too long. @returns whether there is a snapshot now */
  async startWithout(error: ConfigError): Promise<boolean> {
    const check = this.#begin()
    const results = this.#parts.sources.states.map(({ name, reading }) =>
      reading ? { name, reading } : { name, error },
    )
    const failure = await this.#startAnyway({ ...withoutSources(check), results }, error)
    if (this.#state.snapshot) this.#take(this.#rejected(check, failure))
    return this.#state.snapshot !== undefined
  }

  /** Takes one variant of what was read through all stages. @throws {ConfigError} when it can't be used */
  async #accept(attempt: Attempt): Promise<CheckResult> {
    const { check, stopRead, canary, savedAt } = attempt
    const { signal, emptied, redactor } = this.#parts
    const { origin: before } = this.#state
    const results = canary ? withCanaries(attempt.results) : attempt.results
    const layers = await this.#layers.parse(results, this.schema.validator, signal).finally(stopRead)
    rememberRevisions(results, layers, redactor)
    const stable = await stableLayers(attempt, before, this.schema.validator, this.#parts)
    // An update that was prepared may have been served since this check began.
    const served = withStable(this.#state.origin, stable)
    if (isServed(this.#state, layers, canary?.digest)) return this.#settle({ type: 'unchanged', check, origin: served })
    // the last content of a canary may be missing from the stable one
    if (emptied === 'reject') rejectEmptied(layers, canary ? before?.layers : stable)
    const now = { validator: this.schema.validator, state: this.#state, before: this.#before }
    const { next, ...found } = await candidateOf(layers, now, this.#parts, check.stopwatch)
    // The guard took this very content back. It is not tried again until the content changes.
    if (this.#takenBack && isSame(found.tree, this.#takenBack.tree)) throw this.#takenBack.reason
    if (!canary) this.#takenBack = undefined
    // The guard took this canary back since this check began.
    const refusal = canary && refusalFor(this.#state, canary.digest)
    if (refusal) throw refusal.rejection.error
    const lastGood = savedAt === undefined ? undefined : { savedAt }
    const origin = { layers, ...found, lastGood, ...(canary && { canary: canary.digest, stable }) }
    return this.#propose(next, origin, attempt)
  }

  /** Takes a value that comes from no source. It is served when this returns, unless it is prepared or delayed. */
  set(value: unknown): CheckResult {
    const check = this.#begin()
    try {
      const next = atOnce(nextValue(this.#before(), value, false, this.#parts.restartRequired))
      return this.#propose(next, undefined, withoutSources(check))
    } catch (error) {
      return this.reject(ConfigError.of([{ code: 'HOT_CONFIG_SCHEMA', message: messageOf(error) }]), check)
    }
  }

  /** Rejects an update. */
  reject(error: ConfigError, check: Check = this.#begin()): CheckResult {
    return this.#settle(this.#rejected(check, error))
  }

  /** Drops the update that is being prepared. */
  close(reason: Error): void {
    this.#pending.clear(handled(Promise.reject(reason)))
  }

  #begin(readAt?: number): Check {
    return (this.#newest = checkAfter(this.#newest, readAt))
  }

  /** Swaps a value in, at once or once it is prepared. */
  #propose({ value }: NextValue<T>, origin: Origin | undefined, attempt: Attempt): CheckResult {
    const { check } = attempt
    if (value === this.#state.snapshot?.value) return this.#settle({ type: 'unchanged', check, origin })
    // The first snapshot runs no hooks and waits for no delay.
    const isImmediate = !this.#state.snapshot || (this.#pending.isImmediate && this.#parts.preparation.isEmpty)
    if (isImmediate) return this.#settle(this.#changed(value, { check, origin, attempt }))
    const from = { check, origin, revisions: this.#parts.sources.revisions, attempt }
    const result = this.#pending.send({ value, from }, (...args) => this.#prepare(...args))
    return { result, isDelayed: !this.#pending.isImmediate }
  }

  /**
   * Serves what was served before, as a new version, and rejects the update after it. Only resources can delay the swap.
   *
   * @returns the result of the first attempt. Then the sources have to be checked: a newer update was dropped
   */
  takeBack({ snapshot, origin }: Served<T>, reason: ConfigError): Promise<ReloadResult> {
    const attempt = { ...withoutSources(this.#begin()), takesBack: true }
    // A later check than that of the swap, which must not end the rejection.
    const check = this.#begin()
    const rejected = takenBackOutcome(this.#state, origin, reason, check, this.#parts)
    const { origin: bad } = this.#state
    if (bad && !rejected.refuses) this.#takenBack = { tree: bad.tree, reason }
    const value = snapshot?.value as DeepReadonly<T>
    const from = { check: attempt.check, origin, revisions: this.#parts.sources.revisions, attempt }
    this.#pending.clear(Promise.resolve('rejected'))
    const isImmediate = this.#parts.preparation.isEmpty
    if (isImmediate) this.#take(this.#changed(value, from))
    this.#take(rejected)
    if (isImmediate) return Promise.resolve('changed')
    return this.#pending.send({ value, from }, (...args) => this.#prepare(...args))
  }

  /** Runs hooks and builds resources, then swaps: resources and the snapshot change at one instant. */
  async #prepare(...[proposal, signal, ended]: Parameters<Prepare<T>>): Promise<ReloadResult> {
    const { preparation, redactor } = this.#parts
    const { value, from } = proposal
    const { stopwatch } = from.check
    // Read when it ends: the same value may have come again meanwhile, from a newer check.
    const latest = (): Proposal<T>['from'] => ({ ...proposal.from, check: { ...proposal.from.check, stopwatch } })
    redactor.proposed(value, from.origin)
    const stop = stopwatch.start('prepare')
    const changed = this.#changed(value, from)
    const swap = (): void => {
      stop()
      const { check, origin } = latest()
      ended(false)
      this.#take({ ...changed, check, origin })
    }
    try {
      // The first snapshot has no change, and is not prepared.
      const change = changed.change as Change<T>
      const failed = (reason: ProgramRejection): ConfigError => rejectedByProgram(redactor, reason)
      await preparation.run(change, signal, failed, swap, from.attempt.takesBack)
      return 'changed'
    } catch (failure) {
      stop()
      const error = await withPlaces(failure, from.origin?.layers ?? [], signal)
      if (signal.aborted) throw failure
      const { check, revisions, attempt } = latest()
      if (!attempt.canary) {
        ended(true)
        return this.#take({ ...this.#rejected(check, error), revisions })
      }
      // The stable content that was read with it may be out of date.
      this.#pending.withdraw(Promise.resolve('rejected'))
      this.#vetoed = { canary: attempt.canary, error }
      return (await this.#parts.checkAgain()).result
    }
  }

  #changed(value: DeepReadonly<T>, from: Omit<Proposal<T>['from'], 'revisions'>): Changed<T> {
    return changedOutcome(this.#state.snapshot, value, from, this.#parts.redactor)
  }

  #rejected(check: Check, error: unknown): Rejected {
    return rejectedOutcome(check, error, this.#parts)
  }

  /** @returns whether this is news: a canary that can't be read fails again in each check */
  #refuse({ canary, error }: RefusedCanary, check: Check): boolean {
    const outcome = refusedOutcome(canary, error, check, this.#parts)
    if (refusalFor(this.#state, canary.digest)?.rejection.message === outcome.rejection.message) return false
    this.#take(outcome)
    return true
  }

  /** Ends a check that needs no preparation. A valid one replaces the update that is being prepared, but no take-back. */
  #settle(outcome: Outcome<T>): CheckResult {
    const result = Promise.resolve(outcome.type)
    if (outcome.type === 'rejected') this.#pending.supersede()
    else if (outcome.type === 'changed') this.#pending.clear(result)
    else this.#pending.withdraw(result)
    this.#take(outcome)
    return { result }
  }

  /** The swap: the only place that changes the state. Everything else observes it. */
  #take(outcome: Outcome<T>): ReloadResult {
    const before = this.#state
    this.#state = reduce(before, { ...outcome, canary: this.#canary })
    for (const observe of this.#observers) observe({ before, now: this.#state, outcome })
    return outcome.type
  }
}
