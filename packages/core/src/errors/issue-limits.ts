import { grouped } from './grouped.js'

/** The maximum number of issues that an error lists, and their maximum size as JSON, in bytes. */
const MAX_ISSUES = 100
const MAX_BYTES = 48 * 1024

/** The maximum length of one text, in characters. */
const MAX_LENGTH = 2_000

/** The part of an issue that the limits apply to. */
interface Limited<C> {
  readonly code: C
  readonly path?: string
  readonly message: string
}

/**
 * Limits the issues that an error lists. A rejection is part of every answer to a probe and of the log, and foreign
 * content must not decide how large these are. The last issue tells how many are left out.
 *
 * @param total the number of all issues, when `issues` are only the first
 */
export function limitIssues<C, I extends Limited<C>>(
  issues: readonly (I & Limited<C>)[],
  total: number,
): readonly (I | Limited<C>)[] {
  const limited: (I | Limited<C>)[] = []
  let bytes = 0
  for (const issue of issues.slice(0, MAX_ISSUES).map(cutTexts)) {
    bytes += Buffer.byteLength(JSON.stringify(issue))
    if (bytes > MAX_BYTES) break
    limited.push(issue)
  }
  const more = total - limited.length
  const [first] = limited
  if (more > 0 && first) limited.push({ code: first.code, message: `and ${grouped(more)} more` })
  return limited
}

/** Cuts a text that is too long to be read. */
export function cutText(text: string, maxLength: number = MAX_LENGTH): string {
  const more = text.length - maxLength
  return more > 0 ? `${text.slice(0, maxLength)}… (${grouped(more)} more characters)` : text
}

function cutTexts<I extends Limited<unknown>>(issue: I): I {
  const { path, message } = issue
  if (message.length <= MAX_LENGTH && (path ?? '').length <= MAX_LENGTH) return issue
  return { ...issue, ...(path !== undefined && { path: cutText(path) }), message: cutText(message) }
}
