import { SyntaxProblem } from './syntax-problem.js'
import { ODD_BLANK, nameOfCharacter } from './odd-characters.js'
import { positionFinder } from './positions.js'

/** A character that looks like a blank and is part of the text for YAML. */
export function blankProblem(text: string, offset: number): SyntaxProblem {
  const name = nameOfCharacter(text.charAt(offset))
  return new SyntaxProblem(
    `holds ${name}, which is no blank in YAML: write a space, or quote the text`,
    positionFinder(text)(offset),
  )
}

/** Where a line or a text may begin, and there an odd blank. */
const SUSPECT = new RegExp(`(?:^[ \\t]*(?:[-?][ \\t]+)*|[-:,?[{][ \\t]*)${ODD_BLANK}`, 'gm')

/**
 * What a text that is not YAML fails by, if that is a blank which is none, or a tab.
 *
 * @param offset where the parser failed; the character is on that line or before
 * @param reason what the parser says
 */
export function misreadBlank(text: string, offset: number, reason: string): SyntaxProblem | undefined {
  const lineEnd = text.indexOf('\n', offset)
  const read = lineEnd < 0 ? text : text.slice(0, lineEnd)
  const found = Array.from(read.matchAll(SUSPECT)).at(-1)
  if (found) return blankProblem(text, found.index + found[0].length - 1)
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1
  const tab = text.indexOf('\t', lineStart)
  const isIndentation = tab >= 0 && text.slice(lineStart, tab).trim() === ''
  if (!isIndentation && !(tab >= 0 && tab < offset && reason.includes('indentation'))) return undefined
  const message = 'is not YAML: holds a tab (U+0009) where only spaces are allowed'
  return new SyntaxProblem(message, positionFinder(text)(tab))
}
