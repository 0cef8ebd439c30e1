import { request } from 'node:http'
import type { Agent, IncomingHttpHeaders, RequestOptions } from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  json(): unknown
}

export interface Asking {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON, in two pieces with a turn of the network between them. */
  readonly body?: unknown
  /** The same as text, for what is no JSON. */
  readonly json?: string | undefined
  /** Default: a connection of its own, closed with the answer. */
  readonly agent?: Agent
}

/** One HTTP request, without what a client library would keep open behind it. Rejects after ten seconds. */
export async function ask(
  url: string,
  { method = 'GET', headers = {}, body, json = JSON.stringify(body), agent }: Asking = {},
): Promise<Answer> {
  const options: RequestOptions = { method, headers, agent: agent ?? false, signal: AbortSignal.timeout(10_000) }
  return new Promise((resolve, reject) => {
    const asking = request(url, options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => (text += piece))
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode = 0, headers } = response
        resolve({ status: statusCode, headers, text, json: () => JSON.parse(text) as unknown })
      })
    })
    asking.on('error', reject)
    if (json === undefined) {
      asking.end()
    } else {
      asking.setHeader('content-type', 'application/json')
      asking.write(json.slice(0, 1), () => setImmediate(() => asking.end(json.slice(1))))
    }
  })
}
