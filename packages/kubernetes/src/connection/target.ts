import type { ConnectionOptions } from '../options.js'
import { optionError } from '../options.js'
import { TIMING } from '../timing.js'
import type { Timing } from '../timing.js'
import { fileCredentials } from './credentials.js'
import type { Credentials } from './credentials.js'
import { POD_CA_FILE, POD_TOKEN_FILE, podNamespace, podServer } from './pod.js'

/** Where requests go and what they carry: {@link ConnectionOptions} with their defaults. */
export interface Target {
  /** Nothing when none was given and this is no pod. */
  readonly server: URL | undefined
  readonly namespace: string
  readonly credentials: () => Promise<Credentials>
  readonly timing: Timing
}

/** @throws for options that make no sense */
export function resolveTarget(options: ConnectionOptions): Target {
  const { server = podServer(), namespace = podNamespace() ?? 'default', tokenFile, caFile } = options
  const { insecureSkipTlsVerify = false, credentials, timing } = options
  // in a pod its files must be there; elsewhere a server may want no token, and may have a certificate that all trust
  const inPod = options.server === undefined
  return {
    server: server === undefined ? undefined : parseServer(server),
    namespace,
    credentials:
      credentials ??
      fileCredentials(
        { path: tokenFile ?? POD_TOKEN_FILE, required: inPod || tokenFile !== undefined },
        { path: caFile ?? POD_CA_FILE, required: inPod || caFile !== undefined },
        insecureSkipTlsVerify,
      ),
    timing: { ...TIMING, ...timing },
  }
}

function parseServer(server: string): URL {
  const url = URL.canParse(server) ? new URL(server) : undefined
  if (url?.protocol !== 'https:') throw optionError('server: expected a URL that begins with https://')
  return url
}
