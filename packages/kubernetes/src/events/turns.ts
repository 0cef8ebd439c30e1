import type { HealthReport, SourceHealth } from '@hot-config/core'

import { listed, occurrence } from './occurrence.js'
import type { Occurrence } from './occurrence.js'

/** What an Event is written about when it turns. */
export type Turning = Pick<HealthReport, 'version' | 'lastRejection' | 'pendingRestart' | 'canary' | 'sources'>

/** The same without what is wrong, so that what was wrong from the start is a turn as well. */
export function untroubled(health: Turning): Turning {
  return {
    ...health,
    pendingRestart: [],
    canary: null,
    sources: health.sources.map((source) => ({ ...source, updatable: true })),
  }
}

/** What turned from one health report to the next. */
export function turns(before: Turning, now: Turning): Occurrence[] {
  const occurrences = now.sources.flatMap((source, index) => turnOf(before.sources[index], source) ?? [])
  // a change ends a rejection as well, and is an Event of its own
  if (before.lastRejection && !now.lastRejection && before.version === now.version) {
    const message = `the sources hold again what version ${now.version} serves`
    occurrences.push(occurrence('ConfigRecovered', 'Normal', message, ''))
  }
  const canary = canaryTurn(before.canary, now.canary)
  if (canary !== undefined) occurrences.push(occurrence('ConfigCanary', 'Normal', canary, canary))
  const paths = now.pendingRestart
  if (paths.length > 0 && paths.join('\n') !== before.pendingRestart.join('\n')) {
    occurrences.push(occurrence('ConfigRestartPending', 'Warning', `changes wait for a restart: ${listed(paths)}`, ''))
  }
  return occurrences
}

/** One that is rejected is an Event of its own. */
function canaryTurn(before: HealthReport['canary'], now: HealthReport['canary']): string | undefined {
  const [was, is] = [before, now].map((canary) => (canary?.state === 'serving' ? canary.digest : undefined))
  if (was === is) return undefined
  if (!now || is === undefined) return 'the canary no longer serves'
  return `the canary serves (share ${Number((now.share * 100).toFixed(2))} %)`
}

function turnOf(before: SourceHealth | undefined, now: SourceHealth): Occurrence | undefined {
  if (!before) return undefined
  const { name, updatable, warnings } = now
  // the first line: the Role that is missing does not fit into an Event
  const reasons = warnings.map((warning) => warning.split('\n', 1).join())
  const why = reasons.length > 0 ? `: ${reasons.join('; ')}` : ''
  if (name !== before.name) {
    const type = reasons.length > 0 ? 'Warning' : 'Normal'
    return occurrence('ConfigSourceSwitched', type, `${name} serves in place of ${before.name}${why}`, name)
  }
  if (updatable === before.updatable) return undefined
  if (updatable) return occurrence('ConfigUpdatesResumed', 'Normal', `updates reach ${name} again`, name)
  // a source that never changes, such as the environment beside other sources, is no reason to worry
  if (why === '') return undefined
  return occurrence('ConfigUpdatesStopped', 'Warning', `updates do not reach ${name}${why}`, name)
}
