import type { HotConfig } from '@hot-config/core'

import { resolveTarget } from '../connection/target.js'
import type { ConnectionOptions } from '../options.js'
import { EventWriter } from './event-writer.js'
import { rejected, reloaded } from './occurrence.js'
import { podReference } from './pod-reference.js'

export interface EventOptions extends ConnectionOptions {
  /** Default: `$POD_NAME`, else what the service account's token says, else the name of the host. */
  readonly podName?: string
  /** Default: `$POD_UID`, else what the service account's token says. `kubectl describe pod` goes by it. */
  readonly podUid?: string
  /** No two writes come closer than this, in milliseconds; what happens meanwhile is counted. Default 5,000. */
  readonly minIntervalMs?: number
  /** After so many milliseconds without a repetition, the same thing is a new Event. Default 600,000. */
  readonly seriesMs?: number
}

/** Reporting at work. */
export interface EventReporting {
  close(): void
  [Symbol.dispose](): void
}

const MIN_INTERVAL_MS = 5_000
const SERIES_MS = 600_000

/**
 * Writes Kubernetes Events on the pod, so that `kubectl describe pod` shows what it took and why it did not:
 * `ConfigReloaded` and `ConfigRejected`. Needs the verbs `create` and `patch` on Events.
 *
 * Best effort: the same things are counted in one Event, writes are rare, and nothing that fails disturbs anybody. Ends
 * with the configuration, or earlier by `close()`.
 *
 * @throws for options that make no sense
 */
export function reportEvents<T>(
  config: Pick<HotConfig<T>, 'onChange' | 'onReject'>,
  options: EventOptions = {},
): EventReporting {
  const { podName, podUid, namespace, minIntervalMs = MIN_INTERVAL_MS, seriesMs = SERIES_MS } = options
  const pod = podReference(
    { ...(podName && { name: podName }), ...(podUid && { uid: podUid }), ...(namespace && { namespace }) },
    options.tokenFile,
  )
  const writer = new EventWriter(resolveTarget({ ...options, namespace: pod.namespace }), pod, {
    minIntervalMs,
    seriesMs,
  })
  const unsubscribe = [
    config.onChange((change) => writer.add(reloaded(change))),
    config.onReject((rejection) => writer.add(rejected(rejection))),
  ]
  const close = (): void => {
    for (const stop of unsubscribe) stop()
    writer.close()
  }
  return { close, [Symbol.dispose]: close }
}
