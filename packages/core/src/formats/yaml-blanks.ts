import { SyntaxProblem } from './syntax-problem.js'
import { ODD_BLANK, nameOfCharacter } from './odd-characters.js'
import { positionFinder } from './positions.js'

/** The problem for a character that looks like a blank but belongs to the text in YAML. */
export function blankProblem(text: string, offset: number): SyntaxProblem {
  const name = nameOfCharacter(text.charAt(offset))
  return new SyntaxProblem(
    `holds ${name}, which is no blank in YAML: write a space, or quote the text`,
    positionFinder(text)(offset),
  )
}

/** A character that looks like a blank, where a line or a text may begin. */
const SUSPECT = new RegExp(`(?:^[ \\t]*(?:[-?][ \\t]+)*|[-:,?[{][ \\t]*)${ODD_BLANK}`, 'gm')

/**
 * Finds a character that looks like a blank, or a tab, as the reason why a text is not YAML.
 *
 * @param offset where the parser failed; the character is on that line or before it
 * @param reason the parser's message
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
