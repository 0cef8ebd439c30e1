import type { Change, Rejection } from '@hot-config/core'

/** Something that happened, once or several times. */
export interface Occurrence {
  readonly reason: 'ConfigReloaded' | 'ConfigRejected'
  readonly type: 'Normal' | 'Warning'
  readonly message: string
  /** Those that have the same one are counted together. */
  readonly key: string
  readonly at: Date
}

/** kubectl shows events as a table: what is longer than this helps nobody. The API takes up to 1,024 bytes. */
const MAX_MESSAGE_BYTES = 1_000
const MAX_PATHS = 10

/** Says which paths changed, never what they hold. */
export function reloaded({ next, paths }: Change<unknown>): Occurrence {
  const more = paths.length > MAX_PATHS ? ` and ${paths.length - MAX_PATHS} more` : ''
  const changed = `${paths.slice(0, MAX_PATHS).join(', ')}${more}`
  const message = `version ${next.version} (${next.digest.slice(0, 19)}) serves; changed: ${changed}`
  return { reason: 'ConfigReloaded', type: 'Normal', message: cut(message), key: 'reloaded', at: new Date() }
}

/** Says why; core has taken out of the message what must not be shown. */
export function rejected({ message, at }: Rejection): Occurrence {
  const text = cut(`update rejected, the last good configuration serves: ${message}`)
  return { reason: 'ConfigRejected', type: 'Warning', message: text, key: `rejected ${text}`, at: new Date(at) }
}

function cut(message: string): string {
  if (Buffer.byteLength(message) <= MAX_MESSAGE_BYTES) return message
  // a character that is cut in two ends up as a mark of its own, which goes as well
  return `${Buffer.from(message)
    .subarray(0, MAX_MESSAGE_BYTES)
    .toString('utf8')
    .replace(/\uFFFD$/, '')}…`
}
