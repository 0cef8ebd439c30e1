import { readFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { isIPv6 } from 'node:net'
import { text as textOf } from 'node:stream/consumers'

import { UsageError } from '../usage-error.js'

/** Where the kubelet mounts the service account of a pod. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'
const REQUEST_TIMEOUT_MS = 10_000

export interface Answer {
  readonly status: number
  readonly body: string
  /** The time of the server, when it says so. */
  readonly date?: Date
}

/** The API server, as the service account of this pod or as the user of the kubeconfig. */
export interface Cluster extends Disposable {
  /** The namespace of the pod or of the context. */
  readonly namespace: string
  /** Asks within 10 seconds. */
  get(path: string): Promise<Answer>
  /** Asks for a change within 10 seconds. A PATCH is a JSON merge patch. */
  send(method: 'POST' | 'PATCH' | 'DELETE', path: string, body: object): Promise<Answer>
}

/** Whether this process runs in a pod. */
export function isInPod(): boolean {
  return Boolean(process.env['KUBERNETES_SERVICE_HOST'])
}

/** The API server, as the service account of this pod. @throws {UsageError} when the pod has no service account */
export async function podCluster(): Promise<Cluster> {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '443' } = process.env
  const files = ['token', 'ca.crt', 'namespace'] as const
  const [, ca, namespace = ''] = await Promise.all(
    files.map((name) => readFile(`${SERVICE_ACCOUNT}/${name}`, 'utf8')),
  ).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      `this pod has no service account: ${error.path} can't be read (${error.code}). ` +
        'Leave out automountServiceAccountToken: false, or run outside the cluster',
    )
  })
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`
  const agent = new Agent({ ca, keepAlive: true, maxSockets: 64 })
  const send = async (method: string, path: string, body?: object): Promise<Answer> => {
    // the kubelet renews it
    const token = await readFile(`${SERVICE_ACCOUNT}/token`, 'utf8')
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${token.trim()}`,
        accept: 'application/json',
        ...(body && { 'content-type': contentTypeOf(method) }),
      }
      const sent = request(server + path, { method, agent, headers, timeout: REQUEST_TIMEOUT_MS }, (answer) => {
        const { statusCode = 0, headers: received } = answer
        textOf(answer).then((text) => {
          const { date } = received
          resolve({ status: statusCode, body: text, ...(date !== undefined && { date: new Date(date) }) })
        }, reject)
      })
      sent.on('timeout', () => sent.destroy(new Error(`${server} did not answer within ${REQUEST_TIMEOUT_MS} ms`)))
      sent.on('error', reject)
      // an idle connection does not keep the process alive
      sent.on('socket', (socket) => socket.once('free', () => socket.unref()))
      sent.end(body && JSON.stringify(body))
    })
  }
  return {
    namespace: namespace.trim(),
    get: (path) => send('GET', path),
    send,
    [Symbol.dispose]: () => agent.destroy(),
  }
}

/** The type of a body: a PATCH is a JSON merge patch. */
export function contentTypeOf(method: string): string {
  return method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
}
