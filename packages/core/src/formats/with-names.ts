import { pathOfName } from '../sources/env-names.js'
import type { NameRules } from '../sources/env-names.js'
import type { KeyPaths } from './parse.js'
import type { KeyToPaths, Parser } from './parser.js'

/** Wraps the parser of a flat format: names that the schema does not know become paths by the rules of `env()`. */
export function withNames(parser: Parser, rules: NameRules | undefined, keyPaths: KeyPaths): Parser {
  if (!rules) return parser
  const { prefix = '', map } = rules
  const keyToPaths: KeyToPaths = (key) => {
    const path = pathOfName(key, rules)
    const isMapped = Object.hasOwn(map, key)
    const known = keyPaths.get(key) ?? (path && !isMapped ? keyPaths.get(key.slice(prefix.length)) : undefined)
    return known ?? (path ? [path] : [])
  }
  return {
    ...parser,
    parse: (text, _, repeated) => parser.parse(text, keyToPaths, repeated),
    positions: (text) => parser.positions(text, keyToPaths),
  }
}
