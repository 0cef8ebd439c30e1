import type { OptionsOf } from '@hot-config/core/internal'

import type { CONNECTION } from '../options.js'
import type { Timing } from '../timing.js'
import { fileCredentials } from './credentials.js'
import type { Credentials } from './credentials.js'
import { joined } from './joined.js'
import { POD_CA_FILE, POD_TOKEN_FILE, podNamespace, podServer } from './pod.js'

/** {@link ConnectionOptions} with their defaults: where requests are sent, and with which credentials. */
export interface Target {
  /** `undefined` outside a pod, unless the program names one. */
  readonly server: URL | undefined
  readonly namespace: string
  /** Calls that overlap share one result. */
  readonly credentials: () => Promise<Credentials>
  /** Where the credentials come from, for messages. */
  readonly credentialsFrom: string
  /** Where the certificates of the server's CA are given, for messages. */
  readonly caFrom: string
  readonly timing: Timing
}

/** A call of `credentials()` that hangs is abandoned after this many times its time limit. It may occupy a process. */
const ABANDON_LIMITS = 10

/** Fills in the defaults, which depend on the pod. */
export function resolveTarget(options: OptionsOf<typeof CONNECTION>): Target {
  const { server = podServer(), namespace = podNamespace() ?? 'default', tokenFile, caFile } = options
  const { insecureSkipTlsVerify, credentials, timing } = options
  // In a pod its files must exist. Elsewhere a server may need no token, and may have a certificate that Node trusts.
  const inPod = options.server === undefined
  const token = { path: tokenFile ?? POD_TOKEN_FILE, required: inPod || tokenFile !== undefined }
  const ca = { path: caFile ?? POD_CA_FILE, required: inPod || caFile !== undefined }
  const files = insecureSkipTlsVerify ? token.path : `${token.path} and ${ca.path}`
  return {
    server: server === undefined ? undefined : new URL(server),
    namespace,
    credentials: credentials
      ? joined(credentials, ABANDON_LIMITS * timing.credentialsMs)
      : fileCredentials(token, ca, insecureSkipTlsVerify),
    caFrom: credentials ? '`tls.ca` of `credentials()`, or in the kubeconfig' : '`caFile`',
    credentialsFrom: credentials ? '`credentials()`, or the command of the kubeconfig' : `the files ${files}`,
    timing,
  }
}
