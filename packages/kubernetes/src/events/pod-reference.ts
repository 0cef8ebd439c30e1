import { closeSync, constants, openSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'

import { POD_TOKEN_FILE, podNamespace } from '../connection/pod.js'

/** The pod that Events are about. */
export interface PodReference {
  readonly name: string
  readonly namespace: string
  /** Without it `kubectl describe pod` does not show them. */
  readonly uid?: string
}

/**
 * The pod that this process runs in: the options, else `POD_NAME`, `POD_NAMESPACE` and `POD_UID` (set by the downward
 * API), else the pod that the token of the service account names, else the name of the host.
 */
export function podReference(
  given: { readonly [K in keyof PodReference]: PodReference[K] | undefined },
  tokenFile: string = POD_TOKEN_FILE,
): PodReference {
  const { POD_NAME, POD_UID, POD_NAMESPACE } = process.env
  const token = claimsOf(tokenFile)
  const name = given.name ?? (POD_NAME || token.name) ?? hostname()
  const uid = given.uid ?? (POD_UID || (token.name === name ? token.uid : undefined))
  const namespace = given.namespace ?? (POD_NAMESPACE || podNamespace() || 'default')
  return { name, namespace, ...(uid && { uid }) }
}

/** Reads the pod that a token names. The kubelet mounts such tokens. */
function claimsOf(tokenFile: string): { readonly name?: string; readonly uid?: string } {
  try {
    const [, payload = ''] = readToken(tokenFile).split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as {
      readonly 'kubernetes.io'?: { readonly pod?: { readonly name?: string; readonly uid?: string } }
    }
    return claims['kubernetes.io']?.pod ?? {}
  } catch {
    return {}
  }
}

/** Does not wait for a writer when the file is a FIFO. */
function readToken(path: string): string {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}
