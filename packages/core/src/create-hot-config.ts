import type { HotConfig } from './hot-config.js'
import { HotConfigInstance } from './hot-config-instance.js'
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
 * @param withinMs how long the first load may take, in milliseconds. Default: as long as its sources may. After that
 *   `ready` rejects with a `ConfigError` that names what was waited for
 * @throws {OptionError} for options that make no sense
 */
export function startHotConfig<const S extends Schema | undefined>(
  options: HotConfigOptions<S> = {},
  withinMs?: number,
): { readonly config: HotConfig<InferConfig<S>>; readonly ready: Promise<HotConfig<InferConfig<S>>> } {
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
  const ready = config.start(schema, withinMs)
  // Callers who await `ready` get the error. This only keeps an unhandled rejection from ending the process.
  ready.catch(() => undefined)
  return { config, ready }
}
