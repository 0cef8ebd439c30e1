import { NotReadyError } from '@hot-config/core'
import type { Change, HealthReport, HotConfig } from '@hot-config/core'
import {
  describePlace,
  firstLoadOf,
  namePaths,
  parsePath,
  pinningHere,
  readOptions,
  text,
  withMethods,
} from '@hot-config/core/internal'
import {
  ErrorCode,
  OpenFeatureEventEmitter,
  ProviderEvents,
  ProviderNotReadyError,
  StandardResolutionReasons,
} from '@openfeature/server-sdk'
import type {
  EvaluationContext,
  FlagValue,
  FlagValueType,
  JsonValue,
  Logger,
  Provider,
  ResolutionDetails,
} from '@openfeature/server-sdk'

import { changedFlags, FlagSets } from './flag-set.js'
import type { Read } from './flag-set.js'

export interface HotConfigProviderOptions {
  /** The path of the flag definitions in the configuration. Default: `flags`. */
  readonly flags?: string | undefined
}

const OPTIONS = { flags: text('flags') } satisfies Record<keyof HotConfigProviderOptions, unknown>

// oxlint-disable-next-line typescript/no-explicit-any -- whatever the type of its value
type AnyConfig = HotConfig<any>

const configKind = withMethods<AnyConfig>(
  'a HotConfig, such as createHotConfig() resolves with',
  'beforeChange',
  'onChange',
  'onReload',
  'explain',
  'health',
)

type State = 'ready' | 'stale' | 'error'

/**
 * An OpenFeature provider whose flags are a part of the configuration, in flagd's format.
 *
 * - An update with a bad flag is rejected, as if the schema rejected it: the last good flags stay.
 * - All evaluations in one request, or in one unit of work of `config.run()`, use the flags of one snapshot. In a request, this
 *   needs the adapter's option `requestContext`.
 * - `PROVIDER_CONFIGURATION_CHANGED` names the flags that changed. `PROVIDER_STALE` says that the newest update is rejected, or
 *   that updates can't reach a source; `PROVIDER_READY` that this is over.
 *
 * The provider does not close the configuration.
 */
export class HotConfigProvider implements Provider {
  readonly metadata = { name: 'hot-config' } as const
  readonly runsOn = 'server'
  readonly events: OpenFeatureEventEmitter = new OpenFeatureEventEmitter()
  readonly #config: AnyConfig
  readonly #sets: FlagSets
  readonly #subscriptions = new Set<() => void>()
  #state: State = 'error'

  /** @throws {OptionError} for something that is no configuration, and for unknown or invalid options */
  constructor(config: AnyConfig, options: HotConfigProviderOptions = {}) {
    this.#config = configKind.required(config, 'config')
    const { flags } = readOptions(options, OPTIONS)
    this.#sets = new FlagSets(parsePath(flags))
    namePaths(config, 'HotConfigProvider', [flags])
  }

  /**
   * Waits for the first load and checks the flags. OpenFeature calls it.
   *
   * @throws {ConfigError} when there is no valid configuration
   * @throws {Error} when its flags are not valid. The provider is ready as soon as they are
   */
  async initialize(): Promise<void> {
    this.#unsubscribe()
    this.#state = 'error'
    this.#subscriptions
      .add(this.#config.beforeChange((change) => this.#check(change)))
      .add(this.#config.onChange((change) => this.#changed(change)))
      .add(this.#config.onReload(() => this.#sync()))
    await firstLoadOf(this.#config)
    const read = this.#sets.of(this.#config.current as object)
    if ('error' in read) throw new Error(await this.#describe(read))
    this.#state = 'ready'
    // After OpenFeature has announced that the provider is ready.
    setImmediate(() => this.#sync())
  }

  /** Stops following the configuration. OpenFeature calls it. */
  async onClose(): Promise<void> {
    this.#unsubscribe()
  }

  async resolveBooleanEvaluation(
    flagKey: string,
    defaultValue: boolean,
    context: EvaluationContext,
    logger: Logger,
  ): Promise<ResolutionDetails<boolean>> {
    return this.#resolve('boolean', flagKey, defaultValue, context, logger)
  }

  async resolveStringEvaluation(
    flagKey: string,
    defaultValue: string,
    context: EvaluationContext,
    logger: Logger,
  ): Promise<ResolutionDetails<string>> {
    return this.#resolve('string', flagKey, defaultValue, context, logger)
  }

  async resolveNumberEvaluation(
    flagKey: string,
    defaultValue: number,
    context: EvaluationContext,
    logger: Logger,
  ): Promise<ResolutionDetails<number>> {
    return this.#resolve('number', flagKey, defaultValue, context, logger)
  }

  async resolveObjectEvaluation<T extends JsonValue>(
    flagKey: string,
    defaultValue: T,
    context: EvaluationContext,
    logger: Logger,
  ): Promise<ResolutionDetails<T>> {
    return this.#resolve('object', flagKey, defaultValue, context, logger)
  }

  #resolve<T extends FlagValue>(
    type: FlagValueType,
    flagKey: string,
    defaultValue: T,
    context: EvaluationContext,
    logger: Logger,
  ): ResolutionDetails<T> {
    const pinned = pinningHere()?.config
    // A unit of work may be one of another configuration.
    const read = this.#sets.of(this.#sets.has(pinned) ? pinned : this.#newest())
    if ('set' in read) return read.set.flagd.resolve(type, flagKey, defaultValue, context, logger)
    const { ERROR: reason } = StandardResolutionReasons
    return { value: defaultValue, reason, errorCode: ErrorCode.PARSE_ERROR, errorMessage: 'the flags are not valid' }
  }

  /** @throws {ProviderNotReadyError} before the first load: OpenFeature shows the code of an error to the program */
  #newest(): object {
    try {
      return this.#config.current as object
    } catch (error) {
      throw error instanceof NotReadyError ? new ProviderNotReadyError(error.message, { cause: error }) : error
    }
  }

  /** Rejects an update of the flags that is not valid. Flags that were bad from the start do not stop other updates. */
  #check({ previous, next }: Change<unknown>): void {
    if (this.#sets.isSame(previous.value as object, next.value as object)) return
    const read = this.#sets.of(next.value as object)
    if ('error' in read) throw read.error
  }

  #changed({ previous, next }: Change<unknown>): void {
    const [before, after] = [previous, next].map(({ value }) => hashesOf(this.#sets.of(value as object)))
    const flagsChanged = changedFlags(before ?? new Map(), after ?? new Map())
    if (flagsChanged.length > 0) {
      this.events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged })
      // OpenFeature takes it for a sign that all is well.
      if (this.#state === 'stale') this.#state = 'ready'
    }
    this.#sync()
  }

  /** Tells OpenFeature when the state has changed. */
  #sync(): void {
    if (this.#subscriptions.size === 0) return
    const health = this.#config.health()
    const isBroken = health.status === 'fail' || 'error' in this.#sets.of(this.#config.current as object)
    const reason = isBroken ? 'there are no valid flags' : staleReason(health)
    const state = isBroken ? 'error' : reason === undefined ? 'ready' : 'stale'
    if (state === this.#state) return
    this.#state = state
    if (reason === undefined) this.events.emit(ProviderEvents.Ready)
    else this.events.emit(isBroken ? ProviderEvents.Error : ProviderEvents.Stale, { message: reason })
  }

  /** A message with the places of the problems. It ends up in logs, so the paths are those that may be shown. */
  async #describe({ error }: Extract<Read, { error: unknown }>): Promise<string> {
    const places = await this.#config.explain(error.issues.map(({ path = '' }) => path))
    const problems = error.issues.map(({ path, message }, index) => {
      const { path: shown, source, ...place } = places[index] ?? { path: '' }
      return `${[source, describePlace(place), shown].filter(Boolean).join(' ')}: ${shown === path ? message : 'is not valid'}`
    })
    return `the flags are not valid: ${problems.join('; ')}`
  }

  #unsubscribe(): void {
    for (const unsubscribe of this.#subscriptions) unsubscribe()
    this.#subscriptions.clear()
  }
}

function hashesOf(read: Read): ReadonlyMap<string, string> {
  return 'set' in read ? read.set.hashes : new Map()
}

/** Why the flags may not be the newest. */
function staleReason({ lastRejection, sources }: HealthReport): string | undefined {
  if (lastRejection) return lastRejection.message
  const stuck = sources.find(({ updatable, warnings }) => !updatable && warnings.length > 0)
  return stuck && `updates can't reach ${stuck.name}: ${stuck.warnings.join(', ')}`
}
