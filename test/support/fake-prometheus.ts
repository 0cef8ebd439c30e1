import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Series {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const SAMPLE = /^([a-z_:]+)(?:\{(.*)\})? (\S+)$/
const LABEL = /(\w+)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)"/g
const VECTOR = /^([a-z_]+)\{([^]*?)\}(?: (==|>) (\d+))?$/

/**
 * Answers instant queries over HTTP as Prometheus documents it: https://prometheus.io/docs/prometheus/latest/querying/api.
 * It knows the part of PromQL that selects, compares with a number, and joins by `and`.
 */
export class FakePrometheus implements AsyncDisposable {
  /** Replaces the answer, such as by an error. */
  override: { readonly status: number; readonly body: string } | undefined
  isSilent = false
  /** What the header `authorization` has to be. */
  authorization: string | undefined
  readonly queries: string[] = []
  #series: Series[] = []
  readonly #server: Server

  constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response))
  }

  /** Starts to listen. @returns its URL */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /**
   * Replaces what is known of a target by what it exposes, as a scrape does.
   *
   * @param exposition `undefined` for a target that does not answer: what was scraped last is still known
   */
  scrape(target: Readonly<Record<string, string>>, exposition: string | undefined): void {
    const isOf = ({ labels }: Series): boolean =>
      Object.entries(target).every(([name, value]) => labels[name] === value)
    const isUp = exposition !== undefined
    this.#series = this.#series.filter((series) => !isOf(series) || (!isUp && series.labels['__name__'] !== 'up'))
    this.#series.push({ labels: { ...target, __name__: 'up' }, value: isUp ? 1 : 0 })
    for (const line of exposition?.split('\n') ?? []) {
      const [, name, own = '', value] = SAMPLE.exec(line) ?? []
      if (name === undefined) continue
      const labels = Object.fromEntries(Array.from(own.matchAll(LABEL), ([, label, , text]) => [label, text]))
      this.#series.push({ labels: { ...labels, ...target, __name__: name }, value: Number(value) })
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
    const send = (status: number, body: string): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    }
    if (this.isSilent) return
    if (this.override) return send(this.override.status, this.override.body)
    if (request.headers.authorization !== this.authorization) return send(401, 'Unauthorized')
    if (pathname !== '/prefix/api/v1/query') return send(404, '404 page not found')
    const query = searchParams.get('query') ?? ''
    this.queries.push(query)
    const result = this.#evaluate(query).map(({ labels, value }) => ({ metric: labels, value: [0, String(value)] }))
    send(200, JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }))
  }

  #evaluate(query: string): Series[] {
    const [first = [], ...others] = query.split(' and ').map((vector) => this.#select(vector))
    const key = ({ labels }: Series): string =>
      Object.entries({ ...labels, __name__: '' })
        .map(String)
        .toSorted()
        .join()
    return first.filter((series) => others.every((other) => other.some((each) => key(each) === key(series))))
  }

  #select(vector: string): Series[] {
    const [, name, matchers = '', operator, limit] = VECTOR.exec(vector) ?? []
    if (name === undefined) throw new Error(`not understood: ${vector}`)
    const tests = Array.from(matchers.matchAll(LABEL), ([, label = '', how, text]) => {
      const wanted = JSON.parse(`"${text}"`) as string
      return ({ labels }: Series): boolean => {
        const has = labels[label] ?? ''
        const isMatch = how?.includes('~') ? new RegExp(`^(?:${wanted})$`).test(has) : has === wanted
        return isMatch !== how?.startsWith('!')
      }
    })
    return this.#series.filter((series) => {
      const { labels, value } = series
      const isInRange = operator === undefined || (operator === '==' ? value === Number(limit) : value > Number(limit))
      return labels['__name__'] === name && isInRange && tests.every((test) => test(series))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}
