import { tryAgain, within } from '@hot-config/core/internal'

import { Connection } from '../connection/connection.js'
import type { Target } from '../connection/target.js'
import { KubernetesError } from '../kubernetes-error.js'
import type { KubernetesProblem } from '../kubernetes-error.js'
import { Collection } from '../reflector/collection.js'
import type { ObjectList, Selection } from '../reflector/collection.js'

/**
 * Lists objects on a connection of its own, which is closed afterwards. Retries for a moment when the server can't be
 * reached. Keeps the process alive until it ends.
 *
 * @param ms the time limit for all attempts, in milliseconds
 * @throws {KubernetesError}
 * @throws the reason of `signal`
 */
export async function listOnce(
  target: Target,
  selection: Selection,
  ms: number,
  signal: AbortSignal,
): Promise<ObjectList> {
  const connection = new Connection(target)
  const collection = new Collection(connection, selection, target.timing)
  try {
    return await within({ ms, keepsAlive: true }, signal, (limit) =>
      tryAgain(() => collection.list(undefined, limit), mayPass, limit),
    )
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof KubernetesError) throw error
    throw connection.timedOut(ms)
  } finally {
    connection.close()
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof KubernetesError && !error.isPermanent && !ANSWERED.has(error.problem)
}

/** Answers that are final: the server would answer the same again. */
const ANSWERED = new Set<KubernetesProblem>(['unauthorized', 'forbidden', 'not-found'])
