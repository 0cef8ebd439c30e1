import { readOptions } from '../errors/option-checks.js'
import type { OptionReader, TableOf } from '../errors/option-checks.js'
import { boolean, withMethods } from '../errors/option-kinds.js'
import type { OptionKind } from '../errors/option-kinds.js'
import { beginHotConfig, firstLoadOf } from '../create-hot-config.js'
import type { StartSettings } from '../updates/first-load.js'
import { OptionError } from '../errors/errors.js'
import type { HotConfig } from '../hot-config.js'
import { OPTIONS } from '../options.js'
import type { HotConfigOptions } from '../options.js'
import { healthOption } from './health-option.js'
import type { Health, HealthOptions } from './health-option.js'
import { openRequestContext } from './request-context.js'
import type { RunInRequest } from './request-context.js'
import type { Schema } from '../schemas/schema.js'

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
  /** The option `health` with its defaults. */
  readonly health: Health | false
  /** Runs a request so that `requestConfig()` can find it. `undefined` when `requestContext` is off. */
  readonly runInRequest: RunInRequest | undefined
  /** Closes the configuration, unless it was passed as an option. */
  readonly close: () => Promise<void>
}

type Own = TableOf<Pick<AdapterOptions, 'config' | 'requestContext'>, 'requestContext'>

// oxlint-disable-next-line typescript/no-explicit-any -- whatever the type of its value
export const HOT_CONFIG: OptionKind<HotConfig<any>> = withMethods<HotConfig<any>>(
  'a HotConfig, such as createHotConfig() resolves with',
  'onChange',
  'onReject',
  'history',
  'health',
  'close',
)

/** The options of every adapter. */
export const ADAPTER_OPTIONS: typeof OPTIONS & Own & { readonly health: OptionReader<Health | false> } = {
  ...OPTIONS,
  config: HOT_CONFIG(),
  health: healthOption(),
  requestContext: boolean(false),
}

/**
 * Creates the configuration and everything else that an adapter serves.
 *
 * @param start the settings of the first load that the framework needs
 * @param table for an adapter with options of its own
 * @throws {OptionError} for unknown or invalid options
 */
export function adapt(
  options: AdapterOptions,
  start: StartSettings = {},
  table: typeof ADAPTER_OPTIONS = ADAPTER_OPTIONS,
): Adapted {
  const { config: given, health, requestContext } = readOptions(options, table)
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
    health,
    runInRequest,
    close: given ? async () => {} : () => config.close(),
  }
}
