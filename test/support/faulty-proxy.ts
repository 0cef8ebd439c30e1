import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttpsServer, request } from 'node:https'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import type { Certificate } from './certificate.ts'

/** What the proxy sends in place of the server's answer. */
interface Instead {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body?: string
  /** Only of requests with such a query. Default: of all. */
  readonly to?: (query: URLSearchParams) => boolean
}

/** Does to what is on its way whatever networks and servers do. All faults can be set at any time. */
export interface FaultyProxy extends AsyncDisposable {
  readonly url: string
  readonly caFile: string
  /** The requests that came, as `list` or `watch` and the version they name. */
  readonly requests: {
    readonly verb: 'list' | 'watch' | 'other'
    readonly version: string | null
    readonly at: number
  }[]
  /** How many connections are open. */
  readonly connections: number
  /** Nothing goes through any more, on old connections and new ones, and none is closed. */
  stall(): void
  /** Ends {@link FaultyProxy.stall} for new connections. The old ones stay as they are. */
  resume(): void
  /** Closes all connections. */
  cut(): void
  /** The next thing a watch sends is cut after half of it, with the connection. */
  cutNextEvent(): void
  /** The next thing a watch sends comes with this before it. */
  insertNext(text: string): void
  /** What comes from the server comes in pieces of so many bytes, each so many milliseconds late. */
  slow: { readonly bytes: number; readonly ms: number } | undefined
  /** What is held back until the server has ended its answer: the body, or the head as well, as nginx does by default. */
  buffers: 'bodies' | 'answers' | undefined
  /** What is sent in place of answers. */
  instead: Instead | undefined
}

export async function startFaultyProxy(
  upstream: () => string,
  { key, cert, caFile }: Certificate,
  port = 0,
): Promise<FaultyProxy> {
  const sockets = new Set<Socket>()
  const requests: FaultyProxy['requests'] = []
  /** The answers on their way belong to the era they began in: a stall begins a new one. */
  let era = 0
  let stalled = false
  let cutNext = false
  let insert = ''

  const forward = (asked: IncomingMessage, answer: ServerResponse): void => {
    const url = new URL(asked.url ?? '', upstream())
    const watch = url.searchParams.has('watch')
    const verb = asked.method !== 'GET' ? 'other' : watch ? 'watch' : 'list'
    requests.push({ verb, version: url.searchParams.get('resourceVersion'), at: performance.now() })
    if (proxy.instead && (proxy.instead.to?.(url.searchParams) ?? true)) {
      const { status, headers, body } = proxy.instead
      answer.writeHead(status, headers).end(body)
      return
    }
    const { host: _host, ...headers } = asked.headers
    const options = { method: asked.method, headers, agent: false, rejectUnauthorized: false }
    const sent = request(url, options, (received) => void relay(received, answer, watch))
    sent.on('error', () => answer.destroy())
    answer.on('close', () => sent.destroy())
    asked.pipe(sent)
  }

  const relay = async (received: IncomingMessage, answer: ServerResponse, watch: boolean): Promise<void> => {
    const born = era
    const { buffers } = proxy
    answer.writeHead(received.statusCode ?? 502, received.headers)
    if (buffers !== 'answers') answer.flushHeaders()
    const held: Buffer[] = []
    try {
      for await (const chunk of received as AsyncIterable<Buffer>) {
        if (born !== era) continue
        if (buffers) {
          held.push(chunk)
          continue
        }
        if (watch && cutNext) {
          cutNext = false
          answer.write(chunk.subarray(0, chunk.length / 2), () => answer.destroy())
          return
        }
        if (watch && insert !== '') {
          answer.write(insert)
          insert = ''
        }
        const { bytes = chunk.length, ms = 0 } = proxy.slow ?? {}
        for (let start = 0; start < chunk.length; start += bytes) {
          if (ms > 0) await delay(ms)
          answer.write(chunk.subarray(start, start + bytes))
        }
      }
      if (born === era) answer.end(Buffer.concat(held))
    } catch {
      if (born === era) answer.destroy()
    }
  }

  const https = createHttpsServer({ key, cert }, forward)
  https.on('tlsClientError', () => undefined)
  const tcp = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    // what nobody reads does not even tell that it was closed
    if (stalled) socket.resume()
    else https.emit('connection', socket)
  })
  tcp.listen(port, '127.0.0.1')
  await once(tcp, 'listening')

  const proxy: FaultyProxy = {
    url: `https://127.0.0.1:${(tcp.address() as AddressInfo).port}`,
    caFile,
    requests,
    slow: undefined,
    buffers: undefined,
    instead: undefined,
    get connections() {
      return sockets.size
    },
    stall() {
      era++
      stalled = true
    },
    resume() {
      stalled = false
    },
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    cutNextEvent() {
      cutNext = true
    },
    insertNext(text) {
      insert = text
    },
    async [Symbol.asyncDispose]() {
      proxy.cut()
      await once(tcp.close(), 'close')
    },
  }
  return proxy
}
