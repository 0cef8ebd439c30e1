import { checkNames } from '../errors/option-checks.js'
import { startHotConfig } from '../create-hot-config.js'
import { OptionError } from '../errors/errors.js'
import type { HotConfig } from '../hot-config.js'
import { OPTIONS } from '../options.js'
import type { HotConfigOptions } from '../options.js'
import { openRequestContext } from './request-context.js'
import type { RunInRequest } from './request-context.js'
import type { Schema } from '../schemas/schema.js'

const HEALTH_PATH = '/config/health'

/** What every adapter takes: the options of `createHotConfig`, or a configuration that exists already. */
export interface AdapterOptions<S extends Schema | undefined = Schema | undefined> extends HotConfigOptions<S> {
  /** Serves this configuration instead of making one. Whoever made it closes it. */
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the type of its value
  readonly config?: HotConfig<any>
  /**
   * Where the health report is served, `false` for nowhere. Default: `{ path: '/config/health' }`. With `page: true`
   * browsers get a page, which shows what changed: all values but those of redacted paths.
   */
  readonly health?: { readonly path?: string; readonly page?: boolean } | false
  /** Whether `requestConfig()` works in code that is far from the request object. Default: `false`, which is free. */
  readonly requestContext?: boolean
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

/**
 * Makes of an adapter's options what it serves.
 *
 * @throws {OptionError} for options that make no sense
 */
export function adapt(options: AdapterOptions): Adapted {
  checkNames(options, [...OPTIONS, 'config', 'health', 'requestContext'])
  const { config: given, health, requestContext = false, ...rest } = options
  if (typeof requestContext !== 'boolean') throw new OptionError('requestContext: expected true or false')
  const healthPath = resolveHealthPath(health)
  const extra = given && Object.entries(rest).find(([, value]) => value !== undefined)?.[0]
  if (extra !== undefined) throw new OptionError(`${extra}: belongs to the configuration that is given as "config"`)
  const { config, ready } = given ? { config: given, ready: Promise.resolve() } : startHotConfig(rest)
  const runInRequest = requestContext ? openRequestContext() : undefined
  return { config, ready, healthPath, runInRequest, close: given ? async () => {} : () => config.close() }
}

/** Where to serve the health report, for adapters that must know it before they load. @throws {OptionError} */
export function resolveHealthPath(
  health: AdapterOptions['health'] = {},
  byDefault: string = HEALTH_PATH,
): string | undefined {
  if (health === false) return undefined
  if (typeof health !== 'object' || health === null) throw new OptionError('health: expected an object, or false')
  checkNames(health, ['path', 'page'], 'health.')
  const { path = byDefault, page } = health
  if (!(typeof path === 'string' && path.startsWith('/'))) {
    throw new OptionError('health.path: expected a path that begins with "/"')
  }
  if (!['undefined', 'boolean'].includes(typeof page)) throw new OptionError('health.page: expected true or false')
  return path
}
