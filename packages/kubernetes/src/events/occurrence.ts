import type { Change, HealthReport, Rejection } from '@hot-config/core'

/** Something that happened, once or repeatedly. */
export interface Occurrence {
  readonly reason:
    | 'ConfigReloaded'
    | 'ConfigRejected'
    | 'ConfigRecovered'
    | 'ConfigUpdatesStopped'
    | 'ConfigUpdatesResumed'
    | 'ConfigSourceSwitched'
    | 'ConfigCanary'
    | 'ConfigTakenBack'
    | 'ConfigRestartPending'
  readonly type: 'Normal' | 'Warning'
  readonly message: string
  /** Occurrences with the same key are counted in one Event. */
  readonly key: string
  readonly at: Date
}

/** The API accepts up to 1,024 bytes. */
const MAX_MESSAGE_BYTES = 1_000
const MAX_PATHS = 10

/** Names the paths that changed, never their values. */
export function reloaded({ next, paths }: Change<unknown>): Occurrence {
  const message = `version ${next.version} (${next.digest.slice(0, 19)}) serves; changed: ${listed(paths)}`
  return occurrence('ConfigReloaded', 'Normal', message, '')
}

/** Says why an update was rejected. Core has already removed from the message what must not be shown. */
export function rejected({ message, at, error }: Rejection): Occurrence {
  const reason = error.code === 'HOT_CONFIG_TAKEN_BACK' ? 'ConfigTakenBack' : 'ConfigRejected'
  return rejection(reason, message, at)
}

/** Says why the last good configuration serves from the start. */
export function rejectedAtStart({ message, at }: NonNullable<HealthReport['lastRejection']>): Occurrence {
  return rejection('ConfigRejected', message, at)
}

function rejection(reason: Occurrence['reason'], message: string, at: string): Occurrence {
  const text = cut(`update rejected, the last good configuration serves: ${message}`)
  return { ...occurrence(reason, 'Warning', text, text), at: new Date(at) }
}

/** @param subject occurrences that differ in it are not counted together */
export function occurrence(
  reason: Occurrence['reason'],
  type: Occurrence['type'],
  message: string,
  subject: string,
): Occurrence {
  return { reason, type, message: cut(message), key: `${reason} ${type} ${subject}`, at: new Date() }
}

export function listed(paths: readonly string[]): string {
  const more = paths.length > MAX_PATHS ? ` and ${paths.length - MAX_PATHS} more` : ''
  return `${paths.slice(0, MAX_PATHS).join(', ')}${more}`
}

function cut(message: string): string {
  if (Buffer.byteLength(message) <= MAX_MESSAGE_BYTES) return message
  // A character that was cut in two becomes a replacement character, which is removed as well.
  return `${Buffer.from(message)
    .subarray(0, MAX_MESSAGE_BYTES)
    .toString('utf8')
    .replace(/\uFFFD$/, '')}…`
}
