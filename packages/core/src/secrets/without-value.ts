import { MIN_SCRUBBED_LENGTH } from './secret-texts.js'

/** A message about a value that does not quote it. */
export function withoutValue(message: string, value: unknown): string {
  const isText = typeof value === 'string'
  if (!isText && typeof value !== 'number' && typeof value !== 'bigint') return message
  const unquoted = isText ? message.replaceAll(JSON.stringify(value), 'this value') : message
  if (isText && value.length < MIN_SCRUBBED_LENGTH) return unquoted
  const literal = String(value).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  return unquoted.replace(new RegExp(`(?<![\\w.])${literal}(?![\\w.]*\\w)`, 'g'), 'this value')
}
