/** How many problems of an update are told, and how many bytes all of them take as JSON. */
const MAX_ISSUES = 100
const MAX_BYTES = 48 * 1024

/** How many characters of one text are told. */
const MAX_LENGTH = 2_000

/** A problem, as far as limits go. */
interface Limited<C> {
  readonly code: C
  readonly path?: string
  readonly message: string
}

/**
 * The problems that an error lists: a rejection goes into every answer to a probe and into the log, and content from outside
 * must not decide how large that is. The last one says how many are left out.
 *
 * @param total how many problems there are, where `issues` are only the first
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
  if (more > 0 && first) limited.push({ code: first.code, message: `and ${more.toLocaleString('en-US')} more` })
  return limited
}

/** A text that is not longer than a reader can use. */
export function cutText(text: string, maxLength: number = MAX_LENGTH): string {
  const more = text.length - maxLength
  return more > 0 ? `${text.slice(0, maxLength)}… (${more.toLocaleString('en-US')} more characters)` : text
}

function cutTexts<I extends Limited<unknown>>(issue: I): I {
  const { path, message } = issue
  if (message.length <= MAX_LENGTH && (path ?? '').length <= MAX_LENGTH) return issue
  return { ...issue, ...(path !== undefined && { path: cutText(path) }), message: cutText(message) }
}
