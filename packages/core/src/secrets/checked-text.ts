/**
 * Replaces a text when checking it failed. Neither the text nor the error may be shown, because the error may quote it.
 */
const UNCHECKED = 'a message that could not be checked for secrets'

/** Returns the checked text, or a fixed text when the check throws. */
export function checkedText(check: () => string): string {
  try {
    return check()
  } catch {
    return UNCHECKED
  }
}

/**
 * Replaces each run of equally marked characters in a text.
 *
 * @param marks for each character 0, or the index of its replacement
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
