/** Stands for a text when checking it failed: nothing of it may be shown then, nor of the failure, which may quote it. */
const UNCHECKED = 'a message that could not be checked for secrets'

/** A checked text. */
export function checkedText(check: () => string): string {
  try {
    return check()
  } catch {
    return UNCHECKED
  }
}

/**
 * A text in which each run of marked characters is replaced.
 *
 * @param marks for each character 0, or which of the replacements to put there
 */
export function replaceMarked(text: string, marks: Uint8Array | undefined, replacements: readonly string[]): string {
  if (!marks) return text
  const parts: string[] = []
  let start = 0
  for (let end = 1; end <= text.length; end++) {
    const mark = marks[start] as number
    if (end < text.length && marks[end] === mark) continue
    parts.push(mark === 0 ? text.slice(start, end) : (replacements[mark] ?? ''))
    start = end
  }
  return parts.join('')
}
