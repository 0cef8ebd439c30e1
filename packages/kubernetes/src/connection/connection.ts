import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { isDeepStrictEqual } from 'node:util'

import { messageOf } from '@hot-config/core/internal'

import { KubernetesError } from '../kubernetes-error.js'
import { failureOfAnswer, failureOfConnection } from './failure.js'
import type { Credentials, TlsSettings } from './credentials.js'
import type { Purpose } from './purpose.js'
import type { Target } from './target.js'

export interface ApiRequest {
  /** Below the server's address, such as `/api/v1/namespaces/default/configmaps`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly method?: 'GET' | 'POST' | 'PATCH'
  /** Sent as JSON. */
  readonly body?: unknown
  /** What is asked for, for the message of a refusal. */
  readonly purpose: Purpose
}

/** Requests to one API server. Keeps one connection for the next request, and never the process alive. */
export class Connection {
  readonly #target: Target
  #agent: Agent | undefined
  #tls: TlsSettings | undefined

  constructor(target: Target) {
    this.#target = target
  }

  /**
   * Sends a request.
   *
   * @returns the answer, as soon as it begins; destroy it when it is not read to its end
   * @throws {KubernetesError} for anything but success
   */
  async send(what: ApiRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const { server } = this.#target
    if (!server) {
      const hint = 'KUBERNETES_SERVICE_HOST is not set; outside a pod, give `server` or `...fromKubeConfig(kubeConfig)`'
      throw new KubernetesError('credentials', `there is no API server to ask: ${hint}`)
    }
    const credentials = await this.#credentials()
    signal.throwIfAborted()
    const answer = await this.#open(server, what, credentials, signal).catch((error: unknown) => {
      throw signal.aborted ? error : failureOfConnection(error, server)
    })
    const { statusCode = 0 } = answer
    if (statusCode >= 200 && statusCode < 300) return answer
    throw await failureOfAnswer(answer, what.purpose, server, this.#target.timing)
  }

  /** Ends the connections that no request uses now. Those in use end by their signals. */
  close(): void {
    this.#agent?.destroy()
    this.#agent = undefined
  }

  async #credentials(): Promise<Credentials> {
    try {
      return await this.#target.credentials()
    } catch (error) {
      if (error instanceof KubernetesError) throw error
      throw new KubernetesError('credentials', `there are no credentials for the API server: ${messageOf(error)}`)
    }
  }

  #open(server: URL, what: ApiRequest, credentials: Credentials, signal: AbortSignal): Promise<IncomingMessage> {
    const { path, query = {}, method = 'GET', body } = what
    const url = new URL(server.href.replace(/\/$/, '') + path)
    url.search = new URLSearchParams(query).toString()
    const { requestTimeoutMs } = this.#target.timing
    const payload = body === undefined ? undefined : JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const sent = request(url, {
        ...credentials.tls,
        method,
        signal,
        agent: credentials.agent ?? this.#agentFor(credentials.tls ?? {}),
        headers: {
          ...credentials.headers,
          accept: 'application/json',
          'user-agent': 'hot-config',
          ...(payload !== undefined && {
            'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
            'content-length': Buffer.byteLength(payload),
          }),
        },
      })
      const timer = setTimeout(() => {
        sent.destroy(new Error(`no answer within ${requestTimeoutMs} ms`))
      }, requestTimeoutMs).unref()
      sent.on('socket', (socket) => socket.unref())
      sent.on('response', (answer) => {
        clearTimeout(timer)
        // who reads it hears of its errors; until then they must not end the process
        answer.on('error', () => undefined)
        resolve(answer)
      })
      sent.on('error', (error) => {
        clearTimeout(timer)
        reject(error)
      })
      sent.end(payload)
    })
  }

  /** The same agent as long as certificates stay the same: connections that trust others are not used again. */
  #agentFor(tls: TlsSettings): Agent {
    if (this.#agent && isDeepStrictEqual(tls, this.#tls)) return this.#agent
    this.close()
    this.#tls = tls
    return (this.#agent = new Agent({
      keepAlive: true,
      keepAliveMsecs: this.#target.timing.keepAliveMs,
      maxFreeSockets: 1,
      maxCachedSessions: 1,
    }))
  }
}
