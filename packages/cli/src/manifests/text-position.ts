import { SCALAR_STYLE } from 'js-yaml'

import { LineIndex } from './line-index.js'
import type { Position } from './line-index.js'
import { isMissing } from './node.js'
import type { ManifestText, ScalarNode } from './node.js'

const BLANK = /\s/
/** The length of an escape of a text in double quotes, by its letter. Others are a backslash and one character. */
const ESCAPE_LENGTHS: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 }

/**
 * Finds the place in a manifest of a place in one of its texts, such as that of a line of `app.yaml` in a block of text.
 *
 * @param column counted from 1. Default: that of the first character that is no blank
 */
export function positionIn(manifest: ManifestText, node: ScalarNode, line: number, column?: number): Position {
  const { text } = node
  if (isMissing(node.event)) return manifest.lines.positionAt(node.offset)
  const start = new LineIndex(text).offsetOf(line, 1)
  const end = text.indexOf('\n', start)
  const first = text.slice(start, end < 0 ? undefined : end).search(/\S/)
  const target = start + (column === undefined ? Math.max(first, 0) : column - 1)
  return manifest.lines.positionAt(offsetIn(manifest.text, node, target))
}

/** Follows the text through its source: quotes, escapes, folded lines and indentation take characters there only. */
function offsetIn(source: string, { text, event }: ScalarNode, target: number): number {
  const isEscaped = event.style === SCALAR_STYLE.DOUBLE_QUOTED
  let at = event.valueStart
  for (let index = 0; index < text.length && at < event.valueEnd; index++) {
    const character = text[index] as string
    if (isEscaped) at = skipContinuation(source, at)
    const isEscape = isEscaped && source[at] === '\\'
    if (!BLANK.test(character) && !isEscape) {
      while (at < event.valueEnd && source[at] !== character && BLANK.test(source[at] ?? '')) at++
      if (isEscaped) at = skipContinuation(source, at)
    }
    if (index >= target) break
    if (isEscape) at += ESCAPE_LENGTHS[source[at + 1] ?? ''] ?? 2
    else if (source[at] === character) at += isDoubledQuote(source, at, event.style) ? 2 : 1
  }
  return Math.min(at, event.valueEnd)
}

/** A backslash at the end of a line continues the text on the next line. */
function skipContinuation(source: string, at: number): number {
  const continuation = /\\\r?\n[ \t]*/y
  continuation.lastIndex = at
  return continuation.test(source) ? continuation.lastIndex : at
}

function isDoubledQuote(source: string, at: number, style: number): boolean {
  return style === SCALAR_STYLE.SINGLE_QUOTED && source[at] === "'" && source[at + 1] === "'"
}
