import type { Agent, RequestOptions } from 'node:https'

import { OptionError } from '@hot-config/core'
import { withMethods } from '@hot-config/core/internal'

import type { Credentials, TlsSettings } from './credentials.js'

/** The part of `KubeConfig` of `@kubernetes/client-node`, 1.x or 2.x, that is used here. */
export interface KubeConfigLike {
  getCurrentCluster(): {
    readonly server: string
    readonly skipTLSVerify?: boolean
    readonly tlsServerName?: string
    readonly proxyUrl?: string
  } | null
  getCurrentContext(): string
  getContextObject(name: string): { readonly namespace?: string } | null
  applyToHTTPSOptions(options: RequestOptions): Promise<void>
}

const kubeConfigOf = withMethods<KubeConfigLike>(
  'a KubeConfig of @kubernetes/client-node',
  'getCurrentCluster',
  'getCurrentContext',
  'getContextObject',
  'applyToHTTPSOptions',
)

/**
 * The connection options of a kubeconfig, for work outside a cluster. Everything that authenticates there works:
 * tokens, certificates, commands.
 *
 * @example
 * const kubeConfig = new KubeConfig()
 * kubeConfig.loadFromDefault()
 * configMap({ name: 'app', ...fromKubeConfig(kubeConfig) })
 *
 * @throws {OptionError} when its current context names no cluster
 */
export function fromKubeConfig(kubeConfig: KubeConfigLike): {
  readonly server: string
  readonly namespace?: string
  readonly credentials: () => Promise<Credentials>
} {
  kubeConfigOf.required(kubeConfig, 'kubeConfig')
  const cluster = kubeConfig.getCurrentCluster()
  if (!cluster) throw new OptionError('fromKubeConfig: the current context of the kubeconfig names no cluster')
  const namespace = kubeConfig.getContextObject(kubeConfig.getCurrentContext())?.namespace
  return {
    server: cluster.server,
    ...(namespace && { namespace }),
    credentials: () => credentialsOf(kubeConfig, cluster),
  }
}

type Cluster = NonNullable<ReturnType<KubeConfigLike['getCurrentCluster']>>

/** Called before every request, because a command of the kubeconfig may return a new token. */
async function credentialsOf(kubeConfig: KubeConfigLike, cluster: Cluster): Promise<Credentials> {
  const options: RequestOptions = {}
  await kubeConfig.applyToHTTPSOptions(options)
  const headers = Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)])
  if (options.auth) headers.push(['authorization', `Basic ${Buffer.from(options.auth).toString('base64')}`])
  const names = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'servername', 'rejectUnauthorized'] as const
  const given = names.filter((name) => options[name] !== undefined && options[name] !== null)
  return {
    headers: Object.fromEntries(headers) as Record<string, string>,
    tls: {
      ...(Object.fromEntries(given.map((name) => [name, options[name]])) as TlsSettings),
      ...(cluster.tlsServerName && { servername: cluster.tlsServerName }),
      ...(cluster.skipTLSVerify && { rejectUnauthorized: false }),
    },
    // The kubeconfig's agent goes through its proxy. Without a proxy our own agent is used, which reuses connections.
    ...(cluster.proxyUrl && { agent: options.agent as Agent }),
  }
}
