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
  /** Whether browsers get a page, which shows all values but those of redacted paths. Default: `false`. */
  readonly page?: boolean | undefined
  /**
   * Who gets the report and the page: everybody (`true`, the default), nobody (`false`), or those for whom a function returns
   * true. Others get the status and its code, which is all that a probe needs. The function is given the framework's request;
   * what it throws counts as a no.
   */
  readonly details?: boolean | ((request: HealthRequest) => boolean | Promise<boolean>) | undefined
}

/** What of a request matters for the health report. The request objects of Node and of all frameworks have it. */
export interface HealthRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** With the query. */
  readonly url?: string | undefined
  readonly socket?: { readonly remoteAddress?: string | undefined } | undefined
}

/** The options of every adapter: those of `createHotConfig`, or a configuration that exists already. */
export interface AdapterOptions<S extends Schema | undefined = Schema | undefined> extends HotConfigOptions<S> {
  /** Serves this configuration instead of creating one. The program that created it closes it. */
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the type of its value
  readonly config?: HotConfig<any> | undefined
  /**
   * Where the health report is served, `false` for nowhere. Default: `{ path: '/config/health' }`. With `page: true`
   * browsers get a page, which shows all values but those of redacted paths.
   */
  readonly health?: HealthOptions | false | undefined
  /** Whether `requestConfig()` works in code that is far from the request object. Default: `false`, which is free. */
  readonly requestContext?: boolean | undefined
}

export interface Adapted {
  // oxlint-disable-next-line typescript/no-explicit-any -- each framework types it in its own way
  readonly config: HotConfig<any>
  /** Settles with the first load; at once for a configuration that was given, which its program waits for. */
  readonly ready: Promise<unknown>
  /** Settles with the first load, also of a configuration that was given. */
  readonly loaded: Promise<unknown>
  readonly healthPath: string | undefined
  /** Runs a request so that `requestConfig()` finds it. `undefined` when `requestContext` is off. */
  readonly runInRequest: RunInRequest | undefined
  /** Closes the configuration, unless it was given. */
  readonly close: () => Promise<void>
}

/** The health report as its option says, with defaults filled in. */
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
 * Creates what an adapter serves from its options.
 *
 * @param start how the first load goes, as the framework needs it
 * @throws {OptionError} for options that make no sense
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
