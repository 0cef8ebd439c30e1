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

/** The options of every adapter: those of `createHotConfig`, or a configuration that exists already. */
export interface AdapterOptions<S extends Schema | undefined = Schema | undefined> extends HotConfigOptions<S> {
  /** Serves this configuration instead of creating one. The program that created it closes it. */
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
  /** Settles with the first load; at once for a configuration that was given, which its program waits for. */
  readonly ready: Promise<unknown>
  /** Settles with the first load, also of a configuration that was given. */
  readonly loaded: Promise<unknown>
  readonly healthPath: string | undefined
  /** The option `health` with its defaults. */
  readonly health: Health | false
  /** Runs a request so that `requestConfig()` finds it. `undefined` when `requestContext` is off. */
  readonly runInRequest: RunInRequest | undefined
  /** Closes the configuration, unless it was given. */
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
 * Creates what an adapter serves from its options.
 *
 * @param start how the first load goes, as the framework needs it
 * @param table for an adapter with options of its own
 * @throws {OptionError} for options that make no sense
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
