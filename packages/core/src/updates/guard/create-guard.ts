import type { Redactor } from '../../secrets/redactor.js'
import type { LastGood } from '../last-good.js'
import type { Updater } from '../updater.js'
import { Guard } from './guard.js'
import type { GuardSettings } from './guard-options.js'
import { requestCounts } from './request-counts.js'

interface Guarded<T> {
  /** The configuration, by which adapters find the counts. */
  readonly config: object
  readonly updater: Updater<T>
  readonly redactor: Redactor
  readonly lastGood: LastGood | undefined
  readonly reload: () => unknown
}

/** Has a guard watch the updates of a configuration. What has not baked is not kept as the last good configuration. */
export function createGuard<T>(settings: GuardSettings, { config, updater, ...parts }: Guarded<T>): Guard<T> {
  const { redactor, lastGood, reload } = parts
  const guard = new Guard<T>(settings, {
    redactor,
    takeBack: (good, reason) => {
      if (updater.takeBack(good, reason)) reload()
    },
    kept: () => lastGood?.accept(updater.state),
  })
  requestCounts.set(config, guard.requests)
  updater.observe((step) => guard.observe(step))
  return guard
}
