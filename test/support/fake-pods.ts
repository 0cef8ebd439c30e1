import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { HealthReport } from '@hot-config/core'

/** The API server, as far as pods and their proxy are concerned, behind the real kubectl. */
export class FakePods {
  /** What they answer: a report, an error, or a status with a text. Of `undefined`, nothing. */
  readonly reports = new Map<string, HealthReport | string | readonly [number, string] | undefined>()
  /** How many pods were asked at once, at most. */
  maxOpen = 0
  readonly #server: Server
  #open = 0

  constructor() {
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://localhost')
      const [, pod] =
        /^\/api\/v1\/namespaces\/shop\/pods\/([\w-]+):3000\/proxy\/config\/health$/.exec(url.pathname) ?? []
      const send = (status: number, body: unknown): void => {
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(typeof body === 'string' ? body : JSON.stringify(body))
      }
      if (url.pathname === '/api/v1/namespaces/shop/pods' && url.searchParams.get('labelSelector') === 'app=shop') {
        const spec = { containers: [{ ports: [{ containerPort: 9 }, { name: 'http', containerPort: 3000 }] }] }
        const items = Array.from(this.reports.keys(), (name) => ({
          metadata: { name },
          spec,
          status: { phase: 'Running' },
        }))
        return send(200, { items })
      }
      const report = pod === undefined ? undefined : this.reports.get(pod)
      if (report === undefined && pod !== undefined && this.reports.has(pod)) return
      if (report === undefined) return send(404, { kind: 'Status', message: 'not found' })
      this.maxOpen = Math.max(this.maxOpen, ++this.#open)
      setTimeout(() => {
        this.#open--
        if (typeof report === 'string') send(503, { kind: 'Status', status: 'Failure', message: report })
        else if (isAnswer(report)) send(...report)
        else send(report.status === 'fail' ? 503 : 200, report)
      }, 5)
    })
  }

  /** Starts to listen. @returns a kubeconfig for it */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const server = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    const kubeconfig = {
      clusters: [{ name: 'c', cluster: { server } }],
      contexts: [{ name: 'x', context: { cluster: 'c', namespace: 'shop', user: '' } }],
      'current-context': 'x',
    }
    return JSON.stringify(kubeconfig)
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

function isAnswer(report: HealthReport | readonly [number, string]): report is readonly [number, string] {
  return Array.isArray(report)
}
