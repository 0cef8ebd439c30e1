import { parse } from 'dotenv'

import { refuseKey, setAt } from '../tree.js'
import type { Tree } from '../tree.js'
import { SyntaxProblem, locateKey } from './format.js'
import type { Format } from './format.js'

export const dotenv: Format = {
  parse(text, keyPath) {
    // the library drops this one without a word
    if (/^\s*(?:export\s+)?__proto__\s*[=:]/m.test(text)) refuseKey('__proto__', ['__proto__'])
    const variables = Object.entries(parse(text))
    if (variables.length === 0 && /^\s*[^#\s]/m.test(text)) {
      throw new SyntaxProblem('is not a dotenv file: expected lines such as NAME=value')
    }
    const tree: Tree = {}
    for (const [name, value] of variables) setAt(tree, keyPath(name), value)
    return tree
  },
  locate: locateKey,
}
