import { messageOf } from '@hot-config/core/internal'

import { UsageError } from '../usage-error.js'
import { HOW_TO_AUTHENTICATE, authorizationOf } from './credentials.js'

const REQUEST_TIMEOUT_MS = 30_000

/** One series of an instant query. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** https://prometheus.io/docs/prometheus/latest/querying/api/ */
interface Answer {
  readonly status?: string
  readonly error?: string
  readonly warnings?: readonly string[]
  readonly data?: {
    readonly resultType?: string
    readonly result?: readonly { readonly metric: Sample['labels']; readonly value: readonly [number, string] }[]
  }
}

/** The HTTP API of a Prometheus, or of what answers as it does. */
export class Prometheus {
  readonly #url: URL
  readonly #headers: Record<string, string>

  private constructor(url: URL, authorization: string | undefined) {
    this.#url = url
    this.#headers = { accept: 'application/json', ...(authorization !== undefined && { authorization }) }
  }

  /**
   * @param text the URL, whose path may have a prefix
   * @param authFile the file with the credentials. Default: the environment
   * @throws {UsageError} for an URL that is none, and for credentials that can't be read
   */
  static async open(text: string, authFile: string | undefined): Promise<Prometheus> {
    const url = URL.canParse(text) ? new URL(text) : undefined
    if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
      throw new UsageError('--prometheus: expected an URL such as http://prometheus:9090')
    }
    if (url.username !== '' || url.password !== '') {
      throw new UsageError(`--prometheus: others can see a password in an URL: ${HOW_TO_AUTHENTICATE}`)
    }
    url.pathname = `${url.pathname.replace(/\/$/, '')}/api/v1/query`
    return new Prometheus(url, await authorizationOf(authFile))
  }

  /**
   * Asks for the newest value of each series of an expression.
   *
   * @param signal ends it before its own time limit
   * @throws {UsageError} when it does not answer, or only in part
   */
  async query(expression: string, signal: AbortSignal): Promise<Sample[]> {
    const url = new URL(this.#url)
    url.searchParams.set('query', expression)
    const { status, text } = await this.#get(url, signal)
    const { status: outcome, error, data, warnings = [] } = parse(text)
    if (status === 401 || status === 403) {
      throw this.#failed(`it rejects the credentials with ${status}: ${HOW_TO_AUTHENTICATE}`)
    }
    if (outcome === 'error') throw this.#failed(`it answers ${error ?? 'an error'}`)
    if (outcome !== 'success' || data?.resultType !== 'vector' || !data.result) {
      throw this.#failed(`it answers ${status}, and not as the API of Prometheus does: check the URL`)
    }
    // such as one of several stores that is down: pods may be missing
    if (warnings.length > 0) throw this.#failed(`it answers only in part: ${warnings[0]}`)
    return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
  }

  async #get(url: URL, ended: AbortSignal): Promise<{ status: number; text: string }> {
    try {
      const signal = AbortSignal.any([ended, AbortSignal.timeout(REQUEST_TIMEOUT_MS)])
      const answer = await fetch(url, { headers: this.#headers, signal })
      return { status: answer.status, text: await answer.text() }
    } catch (error) {
      const { name, cause = error } = error as Error
      const isLate = name === 'TimeoutError'
      const { code } = cause as NodeJS.ErrnoException
      throw this.#failed(
        isLate ? `it did not answer within ${REQUEST_TIMEOUT_MS / 1000} s` : (code ?? messageOf(cause)),
      )
    }
  }

  #failed(reason: string): UsageError {
    return new UsageError(`Prometheus at ${this.#url.origin} can't be asked: ${reason}`)
  }
}

function parse(text: string): Answer {
  try {
    return JSON.parse(text) as Answer
  } catch {
    return {}
  }
}
