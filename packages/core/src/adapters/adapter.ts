import { readOptions, unexpected } from '../errors/option-checks.js'
import type { OptionReader, TableOf } from '../errors/option-checks.js'
import { boolean, textOf, withMethods } from '../errors/option-kinds.js'
import { startHotConfig } from '../create-hot-config.js'
import { OptionError } from '../errors/errors.js'
import type { HotConfig } from '../hot-config.js'
import { OPTIONS } from '../options.js'
import type { HotConfigOptions } from '../options.js'
import { openRequestContext } from './request-context.js'
import type { RunInRequest } from './request-context.js'
import type { Schema } from '../schemas/schema.js'

const HEALTH_PATH = '/config/health'

/** How the health report is served. */
export interface HealthOptions {
  /** Default: `/config/health`. */
  readonly path?: string | undefined
  /** Whether browsers get a page, which shows what changed: all values but those of redacted paths. Default: `false`. */
  readonly page?: boolean | undefined
}

/** What every adapter takes: the options of `createHotConfig`, or a configuration that exists already. */
export interface AdapterOptions<S extends Schema | undefined = Schema | undefined> extends HotConfigOptions<S> {
  /** Serves this configuration instead of making one. Whoever made it closes it. */
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the type of its value
  readonly config?: HotConfig<any> | undefined
  /**
   * Where the health report is served, `false` for nowhere. Default: `{ path: '/config/health' }`. With `page: true`
   * browsers get a page, which shows what changed: all values but those of redacted paths.
   */
  readonly health?: HealthOptions | false | undefined
  /** Whether `requestConfig()` works in code that is far from the request object. Default: `false`, which is free. */
  readonly requestContext?: boolean | undefined
}

export interface Adapted {
  // oxlint-disable-next-line typescript/no-explicit-any -- each framework types it in its own way
  readonly config: HotConfig<any>
  /** Settles with the first load. */
  readonly ready: Promise<unknown>
  readonly healthPath: string | undefined
  /** Takes a request through so that `requestConfig()` finds it. Nothing when `requestContext` is off. */
  readonly runInRequest: RunInRequest | undefined
  /** Closes the configuration, unless it was given. */
  readonly close: () => Promise<void>
}

/** The health report as its option says, with defaults filled in. */
type Health = { readonly path: string; readonly page: boolean } | false

/** Reads the option `health`. */
export function healthOption(defaultPath: string = HEALTH_PATH): OptionReader<Health> {
  const table = { path: pathOfUrl(defaultPath), page: boolean(false) } satisfies TableOf<HealthOptions>
  return (value = {}, name) => {
    if (value === false) return false
    if (typeof value !== 'object') throw unexpected(name, 'an object, or false', value)
    return readOptions(value, table, `${name}.`)
  }
}

const pathOfUrl = textOf('a path that begins with "/"', /^\//)

type Own = TableOf<Pick<AdapterOptions, 'config' | 'requestContext'>, 'requestContext'>

/** The options of every adapter. */
export const ADAPTER_OPTIONS: typeof OPTIONS & Own & { readonly health: OptionReader<Health> } = {
  ...OPTIONS,
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the type of its value
  config: withMethods<HotConfig<any>>(
    'a HotConfig, such as createHotConfig() resolves with',
    'onChange',
    'onReject',
    'history',
    'health',
    'close',
  )(),
  health: healthOption(),
  requestContext: boolean(false),
}

/**
 * Makes of an adapter's options what it serves.
 *
 * @throws {OptionError} for options that make no sense
 */
export function adapt(options: AdapterOptions): Adapted {
  const { config: given, health, requestContext } = readOptions(options, ADAPTER_OPTIONS)
  const { config: _config, health: _health, requestContext: _context, ...own } = options
  const extra = given && Object.entries(own).find(([, value]) => value !== undefined)?.[0]
  if (extra !== undefined) throw new OptionError(`${extra}: belongs to the configuration that is given as "config"`)
  const { config, ready } = given ? { config: given, ready: Promise.resolve() } : startHotConfig(own)
  const healthPath = health === false ? undefined : health.path
  const runInRequest = requestContext ? openRequestContext() : undefined
  return { config, ready, healthPath, runInRequest, close: given ? async () => {} : () => config.close() }
}
