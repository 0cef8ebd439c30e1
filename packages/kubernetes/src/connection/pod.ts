import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'

/** The folder of the pod's service account, into which the kubelet mounts token, certificates and namespace. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

export const POD_TOKEN_FILE: string = `${SERVICE_ACCOUNT}/token`
export const POD_CA_FILE: string = `${SERVICE_ACCOUNT}/ca.crt`

/** The URL of the API server from the pod's environment, `undefined` outside a cluster. */
export function podServer(): string | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = process.env
  if (!host) return undefined
  return `https://${isIPv6(host) ? `[${host}]` : host}:${port}`
}

/** The namespace of this pod, `undefined` outside a cluster. */
export function podNamespace(): string | undefined {
  try {
    return readFileSync(`${SERVICE_ACCOUNT}/namespace`, 'utf8').trim() || undefined
  } catch {
    return process.env['POD_NAMESPACE'] || undefined
  }
}
