import { pathOfName } from '../sources/env-names.js'
import type { NameRules } from '../sources/env-names.js'
import { isArrayOf } from '../trees/build-object.js'
import { parsePath } from '../trees/path.js'
import type { KeyToPaths, Parser } from './parser.js'

/** A flat format whose names become paths by the rules of `env()`, where the schema does not know them. */
export function withNames(parser: Parser, rules: NameRules | undefined): Parser {
  if (!rules) return parser
  const rename = (keyToPaths: KeyToPaths): KeyToPaths => {
    return (key) => {
      const paths = keyToPaths(key)
      const [only] = paths
      const isKnown = paths.length !== 1 || !only || !isArrayOf(only, parsePath(key))
      const path = isKnown ? undefined : pathOfName(key, rules)
      return isKnown ? paths : path ? [path] : []
    }
  }
  return {
    ...parser,
    parse: (text, keyToPaths) => parser.parse(text, rename(keyToPaths)),
    positions: (text, keyToPaths) => parser.positions(text, rename(keyToPaths)),
  }
}
