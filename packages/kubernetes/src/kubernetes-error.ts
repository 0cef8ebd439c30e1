import { messageOf } from '@hot-config/core/internal'

/**
 * - `unauthorized`: the server does not accept the token (401)
 * - `forbidden`: RBAC does not allow the request (403)
 * - `not-found`: the object does not exist
 * - `conflict`: another writer changed the object first (409)
 * - `expired`: the server no longer knows the requested version (410)
 * - `ahead`: the server does not know the requested version yet (504)
 * - `unreachable`: no connection, or one that broke
 * - `silent`: a connection that looks open, but brought nothing for too long
 * - `tls`: the server's certificate is not trusted
 * - `credentials`: there is no address, token or certificate to use
 * - `answer`: any other answer
 */
export type KubernetesProblem =
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'expired'
  | 'ahead'
  | 'unreachable'
  | 'silent'
  | 'tls'
  | 'credentials'
  | 'answer'

/** Tells whether and when to try again after a {@link KubernetesError}. */
export interface KubernetesErrorDetails {
  /** The wait that the server asks for, in milliseconds. */
  readonly retryAfterMs?: number | undefined
  /** Waiting does not help: somebody has to change the program, its files or its environment. Default `false`. */
  readonly isPermanent?: boolean
  /** No request gets through now: there is no connection, or the server answers 429. Default `false`. */
  readonly isUnavailable?: boolean
}

/** Why the Kubernetes API could not be used. Never contains a token or a value. */
export class KubernetesError extends Error {
  override name = 'KubernetesError'
  readonly code = 'HOT_CONFIG_KUBERNETES'
  readonly problem: KubernetesProblem
  /** The wait that the server asks for, in milliseconds. */
  readonly retryAfterMs: number | undefined
  /** Waiting does not help: somebody has to change the program, its files or its environment. */
  readonly isPermanent: boolean
  /** No request gets through now: there is no connection, or the server answers 429. */
  readonly isUnavailable: boolean

  constructor(problem: KubernetesProblem, message: string, details: KubernetesErrorDetails = {}) {
    super(message)
    const { retryAfterMs, isPermanent = false, isUnavailable = false } = details
    this.problem = problem
    this.retryAfterMs = retryAfterMs
    this.isPermanent = isPermanent
    this.isUnavailable = isUnavailable
  }
}

/** Returns what was thrown when it is one of these errors, and else an error that says the same. */
export function asKubernetesError(error: unknown): KubernetesError {
  return error instanceof KubernetesError ? error : new KubernetesError('answer', messageOf(error))
}
