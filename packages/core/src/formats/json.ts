import { findNodeAtLocation, parse as parseTolerantly, parseTree, printParseErrorCode } from 'jsonc-parser'
import type { ParseError } from 'jsonc-parser'

import { SyntaxProblem, positionAt } from './format.js'
import type { Format } from './format.js'

export const json: Format = {
  parse(text) {
    try {
      return JSON.parse(text)
    } catch {
      // V8's message quotes the text and often has no position
      throw explain(text)
    }
  },

  locate(text, path) {
    const root = parseTree(text)
    const node = root && findNodeAtLocation(root, [...path])
    return node && positionAt(text, (node.parent?.type === 'property' ? node.parent : node).offset)
  },
}

function explain(text: string): SyntaxProblem {
  const errors: ParseError[] = []
  try {
    parseTolerantly(text, errors, { disallowComments: true, allowTrailingComma: false })
  } catch {
    return new SyntaxProblem('is not JSON and nests too deep to tell where')
  }
  const [first] = errors
  if (!first) return new SyntaxProblem('is not JSON')
  // InvalidSymbol, CommaExpected, UnexpectedEndOfString ...
  const what = printParseErrorCode(first.error)
    .replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`)
    .toLowerCase()
  return new SyntaxProblem(`is not JSON: ${what}`, positionAt(text, first.offset))
}
