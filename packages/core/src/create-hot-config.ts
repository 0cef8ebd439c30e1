import { handled } from './async/handled.js'
import type { HotConfig } from './hot-config.js'
import { sharedState } from './async/shared-state.js'
import { HotConfigInstance } from './hot-config-instance.js'
import type { StartSettings } from './updates/first-load.js'
import { readOptions } from './errors/option-checks.js'
import { adaptLogger, silentLogger } from './reports/logger.js'
import { OPTIONS, resolveSources } from './options.js'
import type { HotConfigOptions } from './options.js'
import type { InferConfig, Schema } from './schemas/schema.js'

/**
 * Loads the configuration and then follows its sources.
 *
 * @returns the configuration, with its first valid snapshot
 * @throws {ConfigError} with every problem found, when there is no valid configuration
 * @throws {OptionError} for unknown or invalid options
 */
export async function createHotConfig<const S extends Schema | undefined>(
  options: HotConfigOptions<S> = {},
): Promise<HotConfig<InferConfig<S>>> {
  return startHotConfig(options).ready
}

/**
 * Creates the configuration without waiting for the first load, for frameworks whose set-up can't be asynchronous.
 * `ready` resolves after the first load. Before that, `health()` reports `fail` and `current` throws {@link
 * NotReadyError}.
 *
 * @throws {OptionError} for unknown or invalid options
 */
export function startHotConfig<const S extends Schema | undefined>(
  options: HotConfigOptions<S> = {},
): StartedHotConfig<InferConfig<S>> {
  return beginHotConfig(options)
}

export interface StartedHotConfig<T> {
  readonly config: HotConfig<T>
  readonly ready: Promise<HotConfig<T>>
}

/** The first load of each configuration, for adapters that receive a configuration before it is loaded. */
const firstLoads = sharedState('first-loads', () => new WeakMap<object, Promise<unknown>>())

/** Settles with the first load of a configuration. */
export function firstLoadOf(config: object): Promise<unknown> {
  return firstLoads.get(config) ?? Promise.resolve()
}

/** Like {@link startHotConfig}, for adapters: they can limit the time of the first load, or retry it. */
export function beginHotConfig<const S extends Schema | undefined>(
  options: HotConfigOptions<S>,
  start: StartSettings = {},
): StartedHotConfig<InferConfig<S>> {
  const { schema, sources, onPendingRestart, applyDelay, logger, signal, ...rest } = readOptions(options, OPTIONS)
  signal?.throwIfAborted()
  const config = new HotConfigInstance<InferConfig<S>>({
    ...rest,
    sources: resolveSources(sources),
    ...(typeof onPendingRestart === 'function' && { onPendingRestart }),
    maxDelayMs: applyDelay?.maxMs ?? 0,
    logger: adaptLogger(logger || silentLogger),
    ...(signal && { signal }),
  })
  // callers who await it get the error
  const ready = handled(config.start(schema, start))
  firstLoads.set(config, ready)
  return { config, ready }
}
