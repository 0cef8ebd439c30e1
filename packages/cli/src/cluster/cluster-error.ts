import { messageOf } from '@hot-config/core/internal'

import { UsageError } from '../usage-error.js'
import type { Answer } from './cluster.js'
import { messageIn } from './message-in.js'

/** What the API server is asked for, for the message when it does not do it. */
export interface Purpose {
  /** Such as `ConfigMap shop-config can't be read`. */
  readonly failure: string
  readonly verb: string
  /** Such as `configmaps`. */
  readonly resource: string
  readonly namespace: string
}

/** The API server did not do what it was asked for. The message says why, and what to do. */
export class ClusterError extends UsageError {
  override name = 'ClusterError'
  /** Whether another try may succeed: the server can't be reached, or is busy. */
  readonly mayPass: boolean

  constructor(message: string, { mayPass }: { readonly mayPass: boolean }) {
    super(message)
    this.mayPass = mayPass
  }
}

/**
 * Asks the API server, and explains each failure.
 *
 * @param decided the statuses that the caller decides on, beside success
 * @throws {ClusterError} for every other answer, and when there is none
 */
export async function askFor(
  purpose: Purpose,
  ask: () => Promise<Answer>,
  decided: readonly number[] = [],
): Promise<Answer> {
  let answer: Answer
  try {
    answer = await ask()
  } catch (error) {
    throw new ClusterError(`${purpose.failure}: ${unreachable(messageOf(error))}`, { mayPass: true })
  }
  const { status } = answer
  if ((status >= 200 && status < 300) || decided.includes(status)) return answer
  const mayPass = status >= 500 || status === 429
  throw new ClusterError(`${purpose.failure}: ${reasonOf(answer, purpose)}`, { mayPass })
}

function reasonOf({ status, body }: Answer, { verb, resource, namespace }: Purpose): string {
  const message = messageIn(body)
  if (status === 401) {
    return 'the API server does not accept the credentials (401): log in again, and check them with kubectl auth whoami'
  }
  if (status === 403) return `${message}. Bind a Role with ${verb} on ${resource} in namespace ${namespace}`
  // kubectl proxy answers itself when the server does not
  if (status >= 500 && !body.startsWith('{')) return unreachable(message)
  return message || `the API server answered ${status}`
}

function unreachable(reason: string): string {
  return `the API server can't be reached: ${reason.trim()}. Check the network and kubectl cluster-info`
}
