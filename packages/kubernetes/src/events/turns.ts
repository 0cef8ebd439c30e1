import type { HealthReport, SourceHealth } from '@hot-config/core'

import { listed, occurrence } from './occurrence.js'
import type { Occurrence } from './occurrence.js'

/** The part of the health report whose changes are written as Events. */
export type Turning = Pick<HealthReport, 'version' | 'lastRejection' | 'pendingRestart' | 'canary' | 'sources'>

/**
 * Returns the report without its troubles. Compared with it, troubles that exist from the start are changes as well.
 */
export function untroubled(health: Turning): Turning {
  return {
    ...health,
    pendingRestart: [],
    canary: null,
    sources: health.sources.map((source) => ({ ...source, updatable: true })),
  }
}

/** Returns the changes from one health report to the next. */
export function turns(before: Turning, now: Turning): Occurrence[] {
  const occurrences = now.sources.flatMap((source, index) => turnOf(before.sources[index], source) ?? [])
  // A new version ends a rejection as well, but it has an Event of its own.
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
  // Only the first line, because the YAML of a missing Role does not fit into an Event.
  const reasons = warnings.map((warning) => warning.split('\n', 1).join())
  const why = reasons.length > 0 ? `: ${reasons.join('; ')}` : ''
  if (name !== before.name) {
    const type = reasons.length > 0 ? 'Warning' : 'Normal'
    return occurrence('ConfigSourceSwitched', type, `${name} serves in place of ${before.name}${why}`, name)
  }
  if (updatable === before.updatable) return undefined
  if (updatable) return occurrence('ConfigUpdatesResumed', 'Normal', `updates reach ${name} again`, name)
  // Without a warning, the source never changes on purpose, such as the environment beside other sources.
  if (why === '') return undefined
  return occurrence('ConfigUpdatesStopped', 'Warning', `updates do not reach ${name}${why}`, name)
}
