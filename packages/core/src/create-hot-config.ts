import type { HotConfig } from './hot-config.js'
import { HotConfigInstance } from './hot-config-instance.js'
import { consoleLogger, silentLogger } from './reports/logger.js'
import { checkOptions, resolveSources } from './options.js'
import type { HotConfigOptions } from './options.js'
import type { InferConfig, Schema } from './schemas/schema.js'

const RECHECK_MS = 5_000

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
 * The same for frameworks whose set-up can't wait: gives the configuration at once and, in `ready`, the first snapshot.
 * Before that, `health()` says `fail` and reading `current` throws {@link NotReadyError}.
 *
 * @throws {OptionError} for options that make no sense
 */
export function startHotConfig<const S extends Schema | undefined>(
  options: HotConfigOptions<S> = {},
): { readonly config: HotConfig<InferConfig<S>>; readonly ready: Promise<HotConfig<InferConfig<S>>> } {
  checkOptions(options)
  const { schema, signal, redact = [], recheckMs = RECHECK_MS, logger = consoleLogger } = options
  const { restartRequired = [], onPendingRestart, applyDelay } = options
  signal?.throwIfAborted()
  const config = new HotConfigInstance<InferConfig<S>>({
    sources: resolveSources(options.sources),
    redact,
    restartRequired,
    ...(typeof onPendingRestart === 'function' && { onPendingRestart }),
    maxDelayMs: applyDelay?.maxMs ?? 0,
    recheckMs,
    logger: logger || silentLogger,
    ...(signal && { signal }),
  })
  const ready = config.start(schema)
  // Callers who await `ready` get the error. This only keeps an unhandled rejection from ending the process.
  ready.catch(() => undefined)
  return { config, ready }
}
