import { readOptions, unexpected } from '../errors/option-checks.js'
import type { OptionReader, TableOf } from '../errors/option-checks.js'
import { boolean, optionKind, textOf, withMethods } from '../errors/option-kinds.js'
import { beginHotConfig, firstLoadOf } from '../create-hot-config.js'
import type { StartSettings } from '../updates/first-load.js'
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
  /** Whether browsers get a page. It shows all values except those at redacted paths. Default: `false`. */
  readonly page?: boolean | undefined
  /**
   * Who gets the report and the page: everybody (`true`, the default), nobody (`false`), or the requests for which a
   * function returns true. All others get only the status and its code, which is enough for a probe. The function
   * receives the request of the framework. When it throws, that counts as `false`.
   */
  readonly details?: boolean | ((request: HealthRequest) => boolean | Promise<boolean>) | undefined
}

/** The part of a request that the health report needs. The request objects of Node and of all frameworks have it. */
export interface HealthRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The URL with its query. */
  readonly url?: string | undefined
  readonly socket?: { readonly remoteAddress?: string | undefined } | undefined
}

/** The options of every adapter: those of `createHotConfig`, or an existing configuration. */
export interface AdapterOptions<S extends Schema | undefined = Schema | undefined> extends HotConfigOptions<S> {
  /** Serves this configuration instead of creating one. The code that created it must close it. */
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the type of its value
  readonly config?: HotConfig<any> | undefined
  /**
   * Where the health report is served. `false` means nowhere. Default: `{ path: '/config/health' }`. With `page: true`,
   * browsers get a page. It shows all values except those at redacted paths.
   */
  readonly health?: HealthOptions | false | undefined
  /**
   * Whether `requestConfig()` works in code without access to the request object. Default: `false`, which costs
   * nothing.
   */
  readonly requestContext?: boolean | undefined
}

export interface Adapted {
  // oxlint-disable-next-line typescript/no-explicit-any -- each framework types it in its own way
  readonly config: HotConfig<any>
  /** Settles with the first load. For an existing configuration it settles at once: the code that created it waits. */
  readonly ready: Promise<unknown>
  /** Settles with the first load, also for an existing configuration. */
  readonly loaded: Promise<unknown>
  readonly healthPath: string | undefined
  /** Runs a request so that `requestConfig()` can find it. `undefined` when `requestContext` is off. */
  readonly runInRequest: RunInRequest | undefined
  /** Closes the configuration, unless it was passed as an option. */
  readonly close: () => Promise<void>
}

/** The option `health`, with its defaults. */
type Health = Required<{ readonly [K in keyof HealthOptions]: Exclude<HealthOptions[K], undefined> }> | false

/** Reads the option `health`. */
export function healthOption(defaultPath: string = HEALTH_PATH): OptionReader<Health> {
  const table = {
    path: pathOfUrl(defaultPath),
    page: boolean(false),
    details: details(true),
  } satisfies TableOf<HealthOptions>
  return (value = {}, name) => {
    if (value === false) return false
    if (typeof value !== 'object') throw unexpected(name, 'an object, or false', value)
    return readOptions(value, table, `${name}.`)
  }
}

const details = optionKind<NonNullable<HealthOptions['details']>>(
  'true, false or a function of the request',
  (value) => typeof value === 'boolean' || typeof value === 'function',
)

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
 * Creates the configuration and everything else that an adapter serves.
 *
 * @param start the settings of the first load that the framework needs
 * @throws {OptionError} for unknown or invalid options
 */
export function adapt(options: AdapterOptions, start: StartSettings = {}): Adapted {
  const { config: given, health, requestContext } = readOptions(options, ADAPTER_OPTIONS)
  const { config: _config, health: _health, requestContext: _context, ...own } = options
  const extra = given && Object.entries(own).find(([, value]) => value !== undefined)?.[0]
  if (extra !== undefined) throw new OptionError(`${extra}: belongs to the configuration that is given as "config"`)
  const { config, ready } = given ? { config: given, ready: Promise.resolve() } : beginHotConfig(own, start)
  const healthPath = health === false ? undefined : health.path
  const runInRequest = requestContext ? openRequestContext() : undefined
  return {
    config,
    ready,
    loaded: firstLoadOf(config),
    healthPath,
    runInRequest,
    close: given ? async () => {} : () => config.close(),
  }
}
