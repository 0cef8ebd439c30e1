import { SyntaxProblem } from './syntax-problem.js'
import type { Position } from './positions.js'

/** Characters that look like a blank or are invisible, but belong to the text in every format. */
export const ODD_BLANK = '[\\u00a0\\u00ad\\u1680\\u180e\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u2064\\u3000\\ufeff]'

const NAMES: Readonly<Record<string, string>> = {
  '\u00a0': 'no-break space',
  '\u00ad': 'soft hyphen',
  '\u2002': 'en space',
  '\u2003': 'em space',
  '\u2007': 'figure space',
  '\u2009': 'thin space',
  '\u200b': 'zero width space',
  '\u200c': 'zero width non-joiner',
  '\u200d': 'zero width joiner',
  '\u2018': 'curly quote',
  '\u2019': 'curly quote',
  '\u201c': 'curly quote',
  '\u201d': 'curly quote',
  '\u2028': 'line separator',
  '\u2029': 'paragraph separator',
  '\u202f': 'narrow no-break space',
  '\u2060': 'word joiner',
  '\u3000': 'ideographic space',
  '\ufeff': 'byte order mark',
}

const ODD = new RegExp(`${ODD_BLANK}|[\\u2018\\u2019\\u201c\\u201d]`)

/** Describes a character, such as `U+00A0 (no-break space)`. */
export function nameOfCharacter(char: string): string {
  const code = `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
  return char in NAMES ? `${code} (${NAMES[char]})` : code
}

/** The end of a message about a fault at an offset. It names a misleading character there, if there is one. */
export function oddCharacter(text: string, offset: number): string {
  const char = text.charAt(offset)
  return ODD.test(char) ? `, found ${nameOfCharacter(char)}` : ''
}

/** The end of a message about a fault in a line. It names the first misleading character, if there is one. */
export function firstOddCharacter(line: string): string {
  return oddCharacter(line, line.search(ODD))
}

const AT_EDGE = new RegExp(`^${ODD_BLANK}|${ODD_BLANK}$`)

/**
 * Checks a text without quotes around it.
 *
 * @throws {SyntaxProblem} when it begins or ends with a character that only looks like a blank
 */
export function checkEdges(text: string, position: Position): void {
  const [char] = AT_EDGE.exec(text) ?? []
  if (char !== undefined) {
    throw new SyntaxProblem(`begins or ends with ${nameOfCharacter(char)}, which is no blank here: remove it`, position)
  }
}
