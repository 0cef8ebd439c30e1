import { hasMethods } from './errors/has-methods.js'
import { nested, unexpected } from './errors/option-checks.js'
import type { TableOf } from './errors/option-checks.js'
import {
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
import type { UnknownPolicy } from './schemas/validator.js'
import { lastGoodOption } from './sources/last-good/last-good-option.js'
import type { LastGoodOption, LastGoodSettings } from './sources/last-good/last-good-option.js'
import { guardOption } from './updates/guard/guard-options.js'
import type { GuardOptions, GuardSettings } from './updates/guard/guard-options.js'
import { isSource } from './sources/source.js'
import type { Source } from './sources/source.js'
import { markEnvironmentOnly } from './sources/env.js'
import { DEFAULT_PATH } from './sources/default-path.js'
import { fromPath } from './sources/bare-path.js'

export interface HotConfigOptions<S extends Schema | undefined = Schema | undefined> {
  /** Validates the configuration. Without a schema, the merged tree is the value. */
  // Not `S | undefined`: TypeScript would infer `S` without `undefined`, and so infer a wrong type for the value.
  readonly schema?: S
  /** Paths or sources; later ones override earlier ones. Default: `$HOT_CONFIG_PATH`, else `/etc/config`. */
  readonly sources?: string | Source | readonly (string | Source)[] | undefined
  /** Paths that are never shown, with everything below them. `*` matches one key, `**` any number. */
  readonly redact?: readonly string[] | undefined
  /** Paths whose values can't change while the process runs. Their changes are reported and wait for a restart. */
  readonly restartRequired?: readonly string[] | undefined
  /**
   * What to do with names in the sources that the schema does not know: report them in health, log and metrics (`warn`,
   * the default), reject the update, or ignore them.
   */
  readonly unknown?: UnknownPolicy | undefined
  /**
   * What to do when changes wait for a restart: report them in health and log (`report`, the default), or also call
   * this.
   */
  readonly onPendingRestart?: 'report' | ((paths: readonly string[]) => unknown) | undefined
  /** A random wait of up to `maxMs` milliseconds before each update, so that a fleet does not change all at once. */
  readonly applyDelay?: { readonly maxMs: number } | undefined
  /** How often to check for changes that no notification reported, in milliseconds. Default 5,000. */
  readonly recheckMs?: number | undefined
  /**
   * A logger such as pino, winston, log4js or `console`. Default: warnings and errors on the console. `false`: no log.
   */
  readonly logger?: Logger | false | undefined
  /**
   * What to do with an update in which a source loses all its values. `'reject'`, the default, keeps the last good
   * values. `'accept'` uses the schema's defaults.
   */
  readonly emptied?: 'reject' | 'accept' | undefined
  /**
   * Keeps what was last accepted outside the process, in a file or a store, to start from when the sources hold nothing
   * valid. Entries of secrets are kept with `{ store, secrets: true }` only.
   */
  readonly lastGood?: LastGoodOption | undefined
  /** Watches each update for a while after it is served, and takes it back when a limit is broken. Default: no guard. */
  readonly guard?: GuardOptions | undefined
  /** Closes the configuration when it aborts. */
  readonly signal?: AbortSignal | undefined
}

/** The options without a schema, after defaults were applied and paths became sources. */
export interface InstanceOptions {
  readonly sources: readonly Source[]
  readonly recheckMs: number
  readonly logger: Logger
  readonly redact?: readonly string[]
  readonly restartRequired?: readonly string[]
  readonly onPendingRestart?: (paths: readonly string[]) => unknown
  /** Default `warn`. */
  readonly unknown?: UnknownPolicy
  readonly maxDelayMs?: number
  readonly emptied?: 'reject' | 'accept'
  readonly lastGood?: LastGoodSettings | undefined
  readonly guard?: GuardSettings | undefined
  readonly signal?: AbortSignal
}

const RECHECK_MS = 5_000

const SOURCES = 'a path, a source such as volume("/etc/config"), or a list of them'
const pathOrSource = optionKind<string | Source>(SOURCES, (value) =>
  typeof value === 'string' ? value !== '' : isSource(value),
)
const listOfSources = listOf(pathOrSource, SOURCES)

type Plain = Omit<HotConfigOptions, 'sources' | 'lastGood' | 'guard'>
type Defaulted = 'emptied' | 'redact' | 'restartRequired' | 'unknown' | 'onPendingRestart' | 'recheckMs' | 'logger'

export const OPTIONS: TableOf<Plain, Defaulted> & {
  readonly sources: typeof readSources
  readonly lastGood: typeof lastGoodOption
  readonly guard: typeof guardOption
} = {
  schema: optionKind<Schema>(
    'the object that is given to convict() (not what it returns), a Standard Schema, a JSON Schema, or a function',
    isSchema,
  )(),
  sources: readSources,
  redact: paths([]),
  restartRequired: paths([]),
  unknown: oneOf<UnknownPolicy>('ignore', 'warn', 'reject')('warn'),
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
  lastGood: lastGoodOption,
  guard: guardOption,
  signal: signal(),
}

/** Reads the sources from the option, the environment or the default. */
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
