import { readFile } from 'node:fs/promises'
import { Agent } from 'node:https'

import { UsageError } from '../usage-error.js'
import type { Answer, Cluster } from './cluster.js'
import { sendRequest } from './send-request.js'

/** Where the kubelet mounts the service account of a pod. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'
const MAX_SOCKETS = 64

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
  const agent = new Agent({ ca, keepAlive: true, maxSockets: MAX_SOCKETS })
  const send = async (method: string, path: string, body?: object, signal?: AbortSignal): Promise<Answer> => {
    // the kubelet renews it
    const token = await readFile(`${SERVICE_ACCOUNT}/token`, 'utf8')
    const headers = { authorization: `Bearer ${token.trim()}` }
    return sendRequest({ protocol: 'https:', host, port, method, path, agent, headers, signal }, body)
  }
  return {
    namespace: namespace.trim(),
    get: (path, signal) => send('GET', path, undefined, signal),
    send,
    [Symbol.dispose]: () => agent.destroy(),
  }
}
