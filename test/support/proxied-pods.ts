import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'

import { nodeHealthHandler } from '@hot-config/core'
import { createTestConfig } from '@hot-config/testing'

import { must } from './api-server.ts'
import type { ApiServer } from './api-server.ts'
import { PodAddresses } from './pod-addresses.ts'

const PODS = '/api/v1/namespaces/default/pods'

export type TestConfig = ReturnType<typeof createTestConfig>

/** Pods of a real API server, whose proxy reaches real servers at the addresses of the pods. No kubelet runs them. */
export class ProxiedPods implements AsyncDisposable {
  readonly #api: ApiServer
  readonly #addresses = new PodAddresses()
  readonly #servers: Server[] = []
  readonly #names: string[] = []

  constructor(api: ApiServer) {
    this.#api = api
  }

  /** Adds a pod that runs a configuration. @returns the configuration */
  async run(name: string, value: object): Promise<TestConfig> {
    const config = createTestConfig(value)
    const health = nodeHealthHandler(config)
    const server = createServer((request, response) => {
      if (request.url === '/config/health') health(request, response)
      else response.writeHead(404).end()
    })
    const address = await this.register(name)
    await once(server.listen(3000, address), 'listening')
    this.#servers.push(server)
    return config
  }

  /** Adds a pod, at whose address nothing answers. @returns its address */
  async register(name: string, phase = 'Running'): Promise<string> {
    const ports = [
      { name: 'metrics', containerPort: 9 },
      { name: 'http', containerPort: 3000 },
    ]
    const spec = { containers: [{ name: 'shop', image: 'shop', ports }] }
    await must(this.#api, 'POST', PODS, { metadata: { name, labels: { app: 'shop' } }, spec })
    this.#names.push(name)
    const podIP = this.#addresses.add(this.#names.length)
    await must(this.#api, 'PATCH', `${PODS}/${name}/status`, { status: { phase, podIP, podIPs: [{ ip: podIP }] } })
    return podIP
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections()
      server.close()
    }
    this.#addresses[Symbol.dispose]()
    for (const name of this.#names) await must(this.#api, 'DELETE', `${PODS}/${name}?gracePeriodSeconds=0`)
  }
}
