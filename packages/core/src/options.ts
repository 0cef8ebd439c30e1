import { nested, unexpected } from './errors/option-checks.js'
import type { TableOf } from './errors/option-checks.js'
import {
  hasMethods,
  listOf,
  milliseconds,
  oneOf,
  optionKind,
  paths,
  positiveMilliseconds,
  signal,
  textOf,
} from './errors/option-kinds.js'
import { consoleLogger } from './reports/logger.js'
import type { Logger } from './reports/logger.js'
import { isSchema } from './schemas/create-validator.js'
import type { Schema } from './schemas/schema.js'
import { isSource } from './sources/source.js'
import type { Source } from './sources/source.js'
import { markEnvironmentOnly } from './sources/env.js'
import { DEFAULT_PATH } from './sources/default-path.js'
import { fromPath } from './sources/bare-path.js'

export interface HotConfigOptions<S extends Schema | undefined = Schema | undefined> {
  /** What the configuration must be. Without one, the merged tree is the value. */
  // not `S | undefined`: S would be inferred without its `undefined`, and the type of the value with it
  readonly schema?: S
  /** Paths or sources; later ones override earlier ones. Default: `$HOT_CONFIG_PATH`, else `/etc/config`. */
  readonly sources?: string | Source | readonly (string | Source)[] | undefined
  /** Paths that are never shown, with all below them. `*` stands for one key, `**` for any number. */
  readonly redact?: readonly string[] | undefined
  /** Paths that can't change while the process runs: changes are held back and reported until a restart. */
  readonly restartRequired?: readonly string[] | undefined
  /** What to do when changes wait for a restart: say so in health and log (`report`, the default), or call this too. */
  readonly onPendingRestart?: 'report' | ((paths: readonly string[]) => unknown) | undefined
  /** Waits for a random time of up to `maxMs` before each update, so that a fleet does not change at one instant. */
  readonly applyDelay?: { readonly maxMs: number } | undefined
  /** How often, in milliseconds, to check for changes that no notification told of. Default 5,000. */
  readonly recheckMs?: number | undefined
  /** pino's shape. Default: warnings and errors go to the console. `false`: nothing is logged. */
  readonly logger?: Logger | false | undefined
  /**
   * What becomes of an update in which a source that held values holds none any more: `'reject'`, the default, keeps the
   * last good ones, `'accept'` has every value fall back to its default.
   */
  readonly emptied?: 'reject' | 'accept' | undefined
  /** Closes the configuration when it aborts. */
  readonly signal?: AbortSignal | undefined
}

const RECHECK_MS = 5_000

const SOURCES = 'a path, a source such as volume("/etc/config"), or a list of them'
const pathOrSource = optionKind<string | Source>(SOURCES, (value) =>
  typeof value === 'string' ? value !== '' : isSource(value),
)
const listOfSources = listOf(pathOrSource, SOURCES)

type Defaulted = 'emptied' | 'redact' | 'restartRequired' | 'onPendingRestart' | 'recheckMs' | 'logger'

export const OPTIONS: TableOf<Omit<HotConfigOptions, 'sources'>, Defaulted> & { readonly sources: typeof readSources } =
  {
    schema: optionKind<Schema>(
      'the object that is given to convict() (not what it returns), a Standard Schema, or a function',
      isSchema,
    )(),
    sources: readSources,
    redact: paths([]),
    restartRequired: paths([]),
    onPendingRestart: optionKind<NonNullable<HotConfigOptions['onPendingRestart']>>(
      "'report' or a function",
      (value) => value === 'report' || typeof value === 'function',
    )('report'),
    applyDelay: nested({ maxMs: milliseconds.required }),
    recheckMs: positiveMilliseconds(RECHECK_MS),
    logger: optionKind<Logger | false>(
      'functions info, warn and error, or false',
      (value) => value === false || hasMethods(value, ['info', 'warn', 'error']),
    )(consoleLogger),
    emptied: oneOf('reject', 'accept')('reject'),
    signal: signal(),
  }

/** Where the configuration comes from, of the option or the environment. */
function readSources(value: unknown, name: string): readonly (string | Source)[] {
  const { HOT_CONFIG_PATH } = process.env
  if (value === undefined && HOT_CONFIG_PATH !== undefined) {
    return [textOf('a path such as "/etc/config"').required(HOT_CONFIG_PATH, 'HOT_CONFIG_PATH')]
  }
  if (!Array.isArray(value)) return [pathOrSource(DEFAULT_PATH)(value, name)]
  if (value.length === 0) throw unexpected(name, SOURCES, value)
  return listOfSources.required(value, name)
}

export function resolveSources(sources: readonly (string | Source)[]): Source[] {
  return markEnvironmentOnly(sources.map((source) => (typeof source === 'string' ? fromPath(source) : source)))
}
