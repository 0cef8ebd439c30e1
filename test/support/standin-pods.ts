import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'

import { createHotConfig, withCanary } from '@hot-config/core'
import type { HotConfig, HotConfigOptions } from '@hot-config/core'
import { configMap } from '@hot-config/kubernetes'

import type { ApiServer } from './api-server.ts'

const PODS = '/api/v1/namespaces/default/pods'
const HEALTH = /^\/api\/v1\/namespaces\/default\/pods\/([\w-]+):3000\/proxy\/config\/health$/
const SPEC = { containers: [{ ports: [{ name: 'http', containerPort: 3000 }] }] }

/**
 * Pods that follow the ConfigMaps of a real API server, with a canary. No node runs them, so this stands between the
 * command and the API server: it answers for the pods and their proxy, and passes everything else on, as the reader.
 */
export class StandInPods implements AsyncDisposable {
  readonly configs = new Map<string, HotConfig<unknown>>()
  /** What a list of the pods is answered with instead. */
  listFailure: { readonly code: number; readonly message: string } | undefined
  readonly #api: ApiServer
  readonly #server: Server

  readonly #tokenFile: string

  /** @param tokenFile a path for the token of the pods */
  constructor(api: ApiServer, tokenFile: string) {
    this.#api = api
    this.#tokenFile = tokenFile
    this.#server = createServer((incoming, response) => this.#answer(incoming, response))
  }

  /** Starts to listen. @returns a kubeconfig for it */
  async start(): Promise<string> {
    await writeFile(this.#tokenFile, this.#api.adminToken)
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const server = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    return JSON.stringify({
      clusters: [{ name: 'c', cluster: { server } }],
      contexts: [{ name: 'x', context: { cluster: 'c', namespace: 'default', user: '' } }],
      'current-context': 'x',
    })
  }

  /** Starts pods that follow a ConfigMap and its canary. */
  async run(count: number, name: string, options: Pick<HotConfigOptions, 'guard'> = {}): Promise<void> {
    const { url: server, caFile } = this.#api
    const connection = { server, caFile, tokenFile: this.#tokenFile, namespace: 'default', ignore: ['*.bin'] }
    const pods = Array.from({ length: count }, (_, index) => `${name}-${index}`)
    await Promise.all(
      pods.map(async (pod) => {
        const stable = configMap({ name, ...connection })
        const canary = configMap({ name: `${name}-canary`, required: false, ...connection })
        const sources = withCanary(stable, canary, { identity: pod })
        this.configs.set(pod, await createHotConfig({ sources, schema: checkPool, logger: false, ...options }))
      }),
    )
  }

  #answer(incoming: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(incoming.url ?? '', 'http://localhost')
    const json = (body: object): void => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (pathname === PODS && this.listFailure) {
      const { code } = this.listFailure
      response.writeHead(code, { 'content-type': 'application/json' })
      return void response.end(JSON.stringify({ kind: 'Status', ...this.listFailure }))
    }
    if (pathname === PODS) {
      const items = Array.from(this.configs.keys(), (name) => ({
        metadata: { name },
        spec: SPEC,
        status: { phase: 'Running' },
      }))
      return json({ items })
    }
    const config = this.configs.get(HEALTH.exec(pathname)?.[1] ?? '')
    if (config) return json(config.health())
    const headers = { ...incoming.headers, authorization: `Bearer ${this.#api.readerToken}` }
    const { method, url } = incoming
    const sent = request(this.#api.url + url, { method, headers, rejectUnauthorized: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    sent.on('error', () => response.destroy())
    incoming.pipe(sent)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await Promise.all(Array.from(this.configs.values(), (config) => config.close()))
  }
}

/** Accepts a pool of up to 100. */
function checkPool(input: unknown): { pool: { max: number } } {
  const { pool } = input as { pool: { max: number } }
  if (pool.max > 100) throw new Error('pool.max must be at most 100')
  return { pool: { max: pool.max } }
}
