import { SyntaxProblem } from './format.js'
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
const SUSPECT = new RegExp(`(?:^[ \\t]*(?:[-?][ \\t]+)*|[-:,?[{][ \\t]*)(${ODD_BLANK})`, 'gm')

/**
 * What a text that is not YAML fails by, if that is a blank which is none, or a tab.
 *
 * @param offset where the parser failed; the character is there or before
 */
export function misreadBlank(text: string, offset: number): SyntaxProblem | undefined {
  const read = text.slice(0, offset + 1)
  const found = Array.from(read.matchAll(SUSPECT)).at(-1)
  if (found) return blankProblem(text, found.index + found[0].length - 1)
  const lineStart = read.lastIndexOf('\n', offset - 1) + 1
  const indentation = /^ *\t/.exec(text.slice(lineStart))?.[0]
  if (indentation === undefined) return undefined
  return new SyntaxProblem(
    'is not YAML: the indentation holds a tab (U+0009): write spaces',
    positionFinder(text)(lineStart + indentation.length - 1),
  )
}
