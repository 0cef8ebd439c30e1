/**
 * - `unauthorized`: the server does not accept the token (401)
 * - `forbidden`: RBAC does not allow it (403)
 * - `not-found`: there is no such object
 * - `expired`: the server no longer knows the version asked for (410)
 * - `ahead`: the server does not know the version asked for yet (504)
 * - `unreachable`: no connection, or none that lasts
 * - `silent`: a connection that looks open, and on which nothing came for too long
 * - `tls`: a connection that can't be trusted
 * - `credentials`: no token, certificate or address to begin with
 * - `answer`: the server answered something else
 */
export type KubernetesProblem =
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'expired'
  | 'ahead'
  | 'unreachable'
  | 'silent'
  | 'tls'
  | 'credentials'
  | 'answer'

/** Why the Kubernetes API could not be used. Never holds a token or a value. */
export class KubernetesError extends Error {
  override name = 'KubernetesError'
  readonly code = 'HOT_CONFIG_KUBERNETES'
  readonly problem: KubernetesProblem
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(problem: KubernetesProblem, message: string, retryAfterMs?: number) {
    super(message)
    this.problem = problem
    this.retryAfterMs = retryAfterMs
  }
}
