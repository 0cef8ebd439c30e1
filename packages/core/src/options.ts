import { checkNames } from './errors/option-checks.js'
import { OptionError } from './errors/errors.js'
import type { Logger } from './reports/logger.js'
import type { Schema } from './schemas/schema.js'
import type { Source } from './sources/source.js'
import { markEnvironmentOnly } from './sources/env.js'
import { defaultPath } from './sources/default-path.js'
import { fromPath } from './sources/bare-path.js'

export interface HotConfigOptions<S extends Schema | undefined = Schema | undefined> {
  /** What the configuration must be. Without one, the merged tree is the value. */
  readonly schema?: S
  /** Paths or sources; later ones override earlier ones. Default: `$HOT_CONFIG_PATH`, else `/etc/config`. */
  readonly sources?: string | Source | readonly (string | Source)[]
  /** Paths that are never shown, with all below them. `*` stands for one key, `**` for any number. */
  readonly redact?: readonly string[]
  /** Paths that can't change while the process runs: changes are held back and reported until a restart. */
  readonly restartRequired?: readonly string[]
  /** What to do when changes wait for a restart: say so in health and log (`report`, the default), or call this too. */
  readonly onPendingRestart?: 'report' | ((paths: readonly string[]) => unknown)
  /** Waits for a random time of up to `maxMs` before each update, so that a fleet does not change at one instant. */
  readonly applyDelay?: { readonly maxMs: number }
  /** How often, in milliseconds, to look for changes that no notification told of. Default 5,000. */
  readonly recheckMs?: number
  /** pino's shape. Default: warnings and errors go to the console. `false`: nothing is logged. */
  readonly logger?: Logger | false
  /** Closes the configuration when it aborts. */
  readonly signal?: AbortSignal
}

/** Their names. */
export const OPTIONS: readonly (keyof HotConfigOptions)[] = [
  'schema',
  'sources',
  'redact',
  'restartRequired',
  'onPendingRestart',
  'applyDelay',
  'recheckMs',
  'logger',
  'signal',
]

/** Finds mistakes before anything is read. @throws {OptionError} */
export function checkOptions(options: HotConfigOptions): void {
  checkNames(options, OPTIONS)
  const { recheckMs, redact, restartRequired, onPendingRestart, applyDelay, logger } = options
  if (recheckMs !== undefined && !(Number.isFinite(recheckMs) && recheckMs > 0 && recheckMs < 2 ** 31)) {
    throw new OptionError('recheckMs: expected a positive number of milliseconds')
  }
  for (const [name, paths] of Object.entries({ redact, restartRequired })) {
    if (
      paths !== undefined &&
      !(Array.isArray(paths) && paths.every((path) => typeof path === 'string' && path !== ''))
    ) {
      throw new OptionError(`${name}: expected a list of paths`)
    }
  }
  const maxMs = applyDelay === undefined ? 0 : applyDelay.maxMs
  if (!(Number.isFinite(maxMs) && maxMs >= 0 && maxMs < 2 ** 31)) {
    throw new OptionError('applyDelay.maxMs: expected a number of milliseconds')
  }
  if (onPendingRestart !== undefined && onPendingRestart !== 'report' && typeof onPendingRestart !== 'function') {
    throw new OptionError("onPendingRestart: expected 'report' or a function")
  }
  if (logger && !(['info', 'warn', 'error'] as const).every((level) => typeof logger[level] === 'function')) {
    throw new OptionError('logger: expected functions info, warn and error')
  }
}

/** @throws {OptionError} for what is neither a path nor a source */
export function resolveSources(sources: HotConfigOptions['sources']): Source[] {
  const given = sources ?? defaultPath()
  const list = Array.isArray(given) ? (given as readonly (string | Source)[]) : [given as string | Source]
  const resolved = list.map((source) => {
    if (typeof source === 'string' && source !== '') return fromPath(source)
    if (typeof source === 'object' && typeof source?.read === 'function') return source
    throw new OptionError('sources: expected a path, a source such as volume("/etc/config"), or a list of them')
  })
  return markEnvironmentOnly(resolved)
}
