import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { isDeepStrictEqual } from 'node:util'

import { codeOf, messageOf, within } from '@hot-config/core/internal'

import { KubernetesError } from '../kubernetes-error.js'
import { failureOfAnswer, failureOfConnection } from './failure.js'
import type { Credentials, TlsSettings } from './credentials.js'
import type { Purpose } from './purpose.js'
import type { Target } from './target.js'

export interface ApiRequest {
  /** The path below the server's address, such as `/api/v1/namespaces/default/configmaps`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH'
  /** Sent as JSON. */
  readonly body?: unknown
  /** What the request is for, for the message when it is forbidden. */
  readonly purpose: Purpose
  /** The time limit for the start of the answer, in milliseconds. Default: `requestTimeoutMs`. */
  readonly timeoutMs?: number
}

/** Sends requests to one API server. Keeps one connection for the next request, and never keeps the process alive. */
export class Connection {
  readonly #target: Target
  #agent: Agent | undefined
  #tls: TlsSettings | undefined
  #waitsFor = 'the first request'

  constructor(target: Target) {
    this.#target = target
  }

  /** The thing that the newest request waits for, or waited for last. It completes the sentence "waits for ...". */
  get waitsFor(): string {
    return this.#waitsFor
  }

  /** The error after a wait of `ms` milliseconds: names what was waited for. */
  timedOut(ms: number): KubernetesError {
    return new KubernetesError('unreachable', `not read within ${ms} ms: still waiting for ${this.#waitsFor}`)
  }

  /**
   * Sends a request.
   *
   * @returns the answer as soon as it begins; destroy it when it is not read to its end
   * @throws {KubernetesError} for anything but success
   * @throws the reason of `signal`
   */
  async send(what: ApiRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const { server } = this.#target
    if (!server) {
      const hint = 'KUBERNETES_SERVICE_HOST is not set; outside a pod, give `server` or `...fromKubeConfig(kubeConfig)`'
      throw new KubernetesError('credentials', `there is no API server to ask: ${hint}`, { isPermanent: true })
    }
    this.#waitsFor = `credentials from ${this.#target.credentialsFrom}`
    const credentials = await this.#credentials(signal)
    this.#waitsFor = `an answer of ${server.origin}`
    const answer = await this.#open(server, what, credentials, signal)
    const { statusCode = 0 } = answer
    if (statusCode >= 200 && statusCode < 300) return answer
    throw await failureOfAnswer(answer, what.purpose, server, this.#target.timing)
  }

  /** Closes all connections. */
  close(): void {
    this.#agent?.destroy()
    this.#agent = undefined
  }

  async #credentials(signal: AbortSignal): Promise<Credentials> {
    const { credentials, credentialsFrom, timing } = this.#target
    try {
      const limit = { ms: timing.credentialsMs, what: `none came from ${credentialsFrom}` }
      const given: Credentials | null = await within(limit, signal, () => credentials())
      // Copied here, because it is an object of the application and its getters may throw.
      if (typeof given === 'object' && given !== null) return { ...given }
      const message = `expected an object with \`headers\`, \`tls\` or \`agent\` from ${credentialsFrom}`
      throw new KubernetesError('credentials', message, { isPermanent: true })
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof KubernetesError) throw error
      // JSON.parse quotes the text that it rejects, which may be the token.
      const reason = error instanceof SyntaxError ? 'the output of the command is not JSON' : messageOf(error)
      // For example, the command of the kubeconfig is not installed.
      const isPermanent = codeOf(error) === 'ENOENT'
      const message = `there are no credentials for the API server: ${reason}`
      throw new KubernetesError('credentials', message, { isPermanent })
    }
  }

  #open(server: URL, what: ApiRequest, credentials: Credentials, signal: AbortSignal): Promise<IncomingMessage> {
    const { timing, caFrom } = this.#target
    const { path, query = {}, method = 'GET', body, timeoutMs = timing.requestTimeoutMs } = what
    const url = new URL(server.href.replace(/\/$/, '') + path)
    url.search = new URLSearchParams(query).toString()
    const payload = body === undefined ? undefined : JSON.stringify(body)
    let wasSent = false
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(url, {
        ...credentials.tls,
        method,
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
      // Not the option `signal`: with a header that can't be sent, the request throws and remains a listener of the signal.
      const stop = (): void => void sent.destroy(signal.reason as Error)
      signal.addEventListener('abort', stop)
      sent.on('close', () => signal.removeEventListener('abort', stop))
      if (signal.aborted) stop()
      const timer = setTimeout(() => {
        sent.destroy(new Error(`no answer within ${timeoutMs} ms`))
      }, timeoutMs).unref()
      sent.on('socket', (socket) => socket.unref())
      sent.on('response', (answer) => {
        clearTimeout(timer)
        // Whoever reads the answer gets its errors. Until then they must not end the process.
        answer.on('error', () => undefined)
        resolve(answer)
      })
      // This event comes after the TLS handshake.
      sent.on('finish', () => (wasSent = true))
      sent.on('error', (error) => {
        clearTimeout(timer)
        // The server closed an idle connection in the meantime, so it did not process the request.
        if (sent.reusedSocket && codeOf(error) === 'ECONNRESET') wasSent = false
        reject(error)
      })
      sent.end(payload)
    })
    return answer.catch((error: unknown) => {
      throw signal.aborted ? error : failureOfConnection(error, server, caFrom, wasSent)
    })
  }

  /** Keeps the agent while the certificates stay the same. Connections that trusted others must not be used again. */
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
