import type { OptionsOf } from '@hot-config/core/internal'

import type { CONNECTION } from '../options.js'
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

/** Fills in what a pod knows of itself. */
export function resolveTarget(options: OptionsOf<typeof CONNECTION>): Target {
  const { server = podServer(), namespace = podNamespace() ?? 'default', tokenFile, caFile } = options
  const { insecureSkipTlsVerify, credentials, timing } = options
  // in a pod its files must be there; elsewhere a server may want no token, and may have a certificate that all trust
  const inPod = options.server === undefined
  return {
    server: server === undefined ? undefined : new URL(server),
    namespace,
    credentials:
      credentials ??
      fileCredentials(
        { path: tokenFile ?? POD_TOKEN_FILE, required: inPod || tokenFile !== undefined },
        { path: caFile ?? POD_CA_FILE, required: inPod || caFile !== undefined },
        insecureSkipTlsVerify,
      ),
    timing,
  }
}
