import { request } from 'node:https'

/** An API server for tests, real or fake. Everything happens in namespace `default`. */
export interface ApiServer extends AsyncDisposable {
  /** `https://127.0.0.1:...`, the same after a restart. */
  readonly url: string
  /** The certificates that its own must come from. */
  readonly caFile: string
  /** May do everything. */
  readonly adminToken: string
  /** May list and watch ConfigMaps and Secrets, and write Events, as long as {@link ApiServer.allow} says so. */
  readonly readerToken: string
  /** Ends it at once, as a crash does. What it stores stays. */
  kill(): Promise<void>
  /** Starts it again. */
  start(): Promise<void>
  /** Makes it not know any version up to now. Restarts it. */
  forget(): Promise<void>
  /** How many watches on ConfigMaps are open. */
  watches(): Promise<number>
  /** Gives or takes what the reader may do. */
  allow(allowed: boolean): Promise<void>
}

export interface ApiAnswer {
  readonly status: number
  readonly body: Record<string, any>
}

export const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps'
export const SECRETS = '/api/v1/namespaces/default/secrets'
export const EVENTS = '/api/v1/namespaces/default/events'

/** Asks an API server, by default as the admin. */
export function ask(
  { url, adminToken }: Pick<ApiServer, 'url' | 'adminToken'>,
  method: string,
  path: string,
  body?: unknown,
  token: string = adminToken,
): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    const headers = { authorization: `Bearer ${token}`, 'content-type': type }
    // the answers are judged, not the way to them
    const options = { method, headers, agent: false, rejectUnauthorized: false, timeout: 10_000 }
    const sent = request(url + path, options, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => (text += chunk))
      answer.on('error', reject)
      answer.on('end', () => {
        resolve({ status: answer.statusCode ?? 0, body: parse(text) })
      })
    })
    sent.on('timeout', () => sent.destroy(new Error('the API server did not answer in time')))
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

function parse(text: string): ApiAnswer['body'] {
  try {
    return JSON.parse(text) as ApiAnswer['body']
  } catch {
    return { text }
  }
}

/** Asks, and fails on anything but success. */
export async function must(
  server: Pick<ApiServer, 'url' | 'adminToken'>,
  method: string,
  path: string,
  body?: unknown,
): Promise<ApiAnswer['body']> {
  const answer = await ask(server, method, path, body)
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body
}
