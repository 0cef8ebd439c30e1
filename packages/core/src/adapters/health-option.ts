import { readOptions, unexpected } from '../errors/option-checks.js'
import type { OptionReader, OptionTable, TableOf } from '../errors/option-checks.js'
import { boolean, optionKind, textOf } from '../errors/option-kinds.js'

const HEALTH_PATH = '/config/health'

/**
 * How the health report is served.
 *
 * @typeParam R what `details` gets: the framework's request
 */
export interface HealthOptions<R = HealthRequest> {
  /** Default: `/config/health`. */
  readonly path?: string | undefined
  /**
   * Whether browsers get a page with values and the last changes. It shows all values except those at redacted paths. Default:
   * `false`.
   */
  readonly page?: boolean | undefined
  /**
   * Who gets the report and the page: everybody (`true`, the default), nobody (`false`), or the requests for which a
   * function returns true. All others get only the status and its code, which is enough for a probe. The function
   * receives the request of the framework. When it throws or takes longer than 5 s, that counts as `false`.
   */
  readonly details?: boolean | ((request: R) => boolean | Promise<boolean>) | undefined
}

/** The part of a request that the health report needs. The request objects of Node and of all frameworks have it. */
export interface HealthRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The URL with its query. */
  readonly url?: string | undefined
  readonly socket?: { readonly remoteAddress?: string | undefined } | undefined
}

/** The option `health` with its defaults. */
export type Health<R = HealthRequest> = Required<{
  readonly [K in keyof HealthOptions<R>]: Exclude<HealthOptions<R>[K], undefined>
}>

const details = optionKind<Health['details']>(
  'true, false or a function of the request',
  (value) => typeof value === 'boolean' || typeof value === 'function',
)

const pathOfUrl = textOf('a path that begins with "/"', /^\//)

/** The table of {@link HealthOptions}. */
export function healthTable(defaultPath: string = HEALTH_PATH): TableOf<HealthOptions, keyof HealthOptions> {
  return { path: pathOfUrl(defaultPath), page: boolean(false), details: details(true) }
}

/**
 * Reads the option `health`.
 *
 * @param more options of one framework
 */
export function healthOption(defaultPath?: string, more: OptionTable = {}): OptionReader<Health | false> {
  const table = { ...healthTable(defaultPath), ...more }
  return (value = {}, name) => {
    if (value === false) return false
    if (typeof value !== 'object') throw unexpected(name, 'an object, or false', value)
    return readOptions(value, table, `${name}.`)
  }
}
