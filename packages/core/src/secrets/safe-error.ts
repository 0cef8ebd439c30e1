import { messageOf } from '../errors/errors.js'
import { isError, propertyOf } from '../errors/thrown.js'
import { cutText } from '../errors/issue-limits.js'
import type { Redactor } from './redactor.js'

/** The maximum depth of causes that are copied. */
const MAX_CAUSES = 5

/** The maximum length of a stack that is copied, in characters. */
const MAX_STACK_LENGTH = 4_000

/** Returns a safe copy of an error of the application, with its causes. The original may quote a secret. */
export function safeError(error: unknown, redactor: Redactor, depth = 0): Error {
  const read = (key: keyof Error | 'code'): unknown => (isError(error) ? propertyOf(error, key) : undefined)
  const safe = (value: unknown, maxLength?: number): string => cutText(redactor.scrub(messageOf(value)), maxLength)
  const [cause, code] = [read('cause'), read('code')]
  const options = cause === undefined || depth >= MAX_CAUSES ? {} : { cause: safeError(cause, redactor, depth + 1) }
  const copy = new Error(safe(error), options)
  if (isError(error)) {
    copy.name = safe(read('name'))
    copy.stack = safe(read('stack'), MAX_STACK_LENGTH)
  }
  return code === undefined ? copy : Object.assign(copy, { code: safe(code) })
}
