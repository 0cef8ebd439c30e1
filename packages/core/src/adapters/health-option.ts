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
  /** Whether browsers get a page, which shows what changed: all values but those of redacted paths. Default: `false`. */
  readonly page?: boolean | undefined
  /**
   * Who gets the report and the page: everybody (`true`, the default), nobody (`false`), or those for whom a function returns
   * true. Others get the status and its code, which is all that a probe needs. The function is given the framework's request;
   * what it throws counts as a no.
   */
  readonly details?: boolean | ((request: R) => boolean | Promise<boolean>) | undefined
}

/** What of a request matters for the health report. The request objects of Node and of all frameworks have it. */
export interface HealthRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** With the query. */
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
