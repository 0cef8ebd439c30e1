import type { HotConfig } from '@hot-config/core'
import { firstLoadOf, milliseconds, readOptions, text, withMethods } from '@hot-config/core/internal'

import { resolveTarget } from '../connection/target.js'
import { CONNECTION } from '../options.js'
import type { ConnectionOptions } from '../options.js'
import { EventWriter } from './event-writer.js'
import { rejected, rejectedAtStart, reloaded } from './occurrence.js'
import { podReference } from './pod-reference.js'
import { turns, untroubled } from './turns.js'
import type { Turning } from './turns.js'

export interface EventOptions extends ConnectionOptions {
  /** The name of the pod. Default: `$POD_NAME`, else that in the service account's token, else the name of the host. */
  readonly podName?: string | undefined
  /** The UID of the pod. Default: `$POD_UID`, else that in the token. `kubectl describe pod` selects Events by it. */
  readonly podUid?: string | undefined
  /** The shortest time between two writes, in milliseconds. Occurrences in between are counted. Default 5,000. */
  readonly minIntervalMs?: number | undefined
  /** After this many milliseconds without a repetition, the next occurrence is a new Event. Default 600,000. */
  readonly seriesMs?: number | undefined
}

/** Event reporting that is running. */
export interface EventReporting {
  close(): void
  [Symbol.dispose](): void
}

const MIN_INTERVAL_MS = 5_000
const SERIES_MS = 600_000

const OPTIONS = {
  podName: text(),
  podUid: text(),
  minIntervalMs: milliseconds(MIN_INTERVAL_MS),
  seriesMs: milliseconds(SERIES_MS),
  ...CONNECTION,
} satisfies Record<keyof EventOptions, unknown>

type ObservedConfig<T> = Pick<HotConfig<T>, 'onChange' | 'onReject' | 'onReload' | 'health'>

const configOf = withMethods<ObservedConfig<unknown>>(
  'a HotConfig, such as createHotConfig() resolves with',
  'onChange',
  'onReject',
  'onReload',
  'health',
)

/**
 * Writes Kubernetes Events about the pod, so that `kubectl describe pod` shows its reloads and rejections:
 *
 * - `ConfigReloaded`, `ConfigRejected`, and `ConfigRecovered` when a rejection ends without a change
 * - `ConfigUpdatesStopped` and `ConfigUpdatesResumed`: whether updates reach a source
 * - `ConfigSourceSwitched`: another source of `withFallback()` serves
 * - `ConfigTakenBack`: the guard took an update back
 * - `ConfigCanary`: the canary of `withCanary()` serves, or no longer serves
 * - `ConfigRestartPending`: changes wait for a restart
 *
 * Needs the verbs `create` and `patch` on Events.
 *
 * Best effort: repeated occurrences are counted in one Event, writes are rare, and a failure affects nothing else. Ends
 * when the configuration closes, or earlier by `close()`.
 *
 * @throws {OptionError} for unknown or invalid options
 */
export function reportEvents<T>(config: ObservedConfig<T>, options: EventOptions = {}): EventReporting {
  configOf.required(config, 'config')
  const { podName, podUid, minIntervalMs, seriesMs, ...connection } = readOptions(options, OPTIONS)
  const { namespace, tokenFile } = connection
  const pod = podReference({ name: podName, uid: podUid, namespace }, tokenFile)
  const target = resolveTarget({ ...connection, namespace: pod.namespace })
  const writer = new EventWriter(target, pod, { minIntervalMs, seriesMs })
  const { servedFrom, lastRejection } = config.health()
  // What the start rejected in favour of the last good configuration was reported before anybody could listen.
  if (servedFrom === 'last-good' && lastRejection) writer.add(rejectedAtStart(lastRejection))
  let last: Turning | undefined
  const compare = (): void => {
    const now = config.health()
    // Before the first load, nothing is known of the sources.
    if (now.version === 0) return
    for (const turn of turns(last ?? untroubled(now), now)) writer.add(turn)
    last = now
  }
  const unsubscribe = [
    config.onChange((change) => writer.add(reloaded(change))),
    config.onReject((rejection) => writer.add(rejected(rejection))),
    config.onReload(compare),
  ]
  firstLoadOf(config).then(compare, () => undefined)
  const close = (): void => {
    for (const stop of unsubscribe) stop()
    writer.close()
  }
  return { close, [Symbol.dispose]: close }
}
