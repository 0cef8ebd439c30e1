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
 * Loads the configuration and follows its sources from then on.
 *
 * @returns the configuration, with its first valid snapshot
 * @throws {ConfigError} when there is none, with every problem found
 * @throws {OptionError} for options that make no sense
 */
export async function createHotConfig<const S extends Schema | undefined>(
  options: HotConfigOptions<S> = {},
): Promise<HotConfig<InferConfig<S>>> {
  return startHotConfig(options).ready
}

/**
 * The same for frameworks whose set-up can't wait: returns the configuration at once, and the first snapshot in `ready`.
 * Before that, `health()` says `fail` and reading `current` throws {@link NotReadyError}.
 *
 * @throws {OptionError} for options that make no sense
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

/** The first load of each configuration, for adapters that are given one before it is loaded. */
const firstLoads = sharedState('first-loads', () => new WeakMap<object, Promise<unknown>>())

/** Settles with the first load of a configuration. */
export function firstLoadOf(config: object): Promise<unknown> {
  return firstLoads.get(config) ?? Promise.resolve()
}

/** The same as {@link startHotConfig} for adapters, which can limit the first load, or have it tried again. */
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
  const ready = config.start(schema, start)
  firstLoads.set(config, ready)
  // Callers who await `ready` get the error. This only keeps an unhandled rejection from ending the process.
  ready.catch(() => undefined)
  return { config, ready }
}
