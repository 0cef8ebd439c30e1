import { pathOfName } from '../sources/env-names.js'
import type { NameRules } from '../sources/env-names.js'
import type { KeyPaths } from './parse.js'
import type { KeyToPaths, Parser } from './parser.js'

/** The rules for the names in a file. Data, not a function, so that a worker can get it. */
export interface FileNames extends NameRules {
  /** Whether the schema names environment variables itself. They are read whatever the rules are. */
  readonly hasVariables: boolean
}

/** Wraps the parser of a flat format: names become paths by the rules of `env()`. */
export function withNames(parser: Parser, rules: FileNames | undefined, keyPaths: KeyPaths): Parser {
  if (!rules) return parser
  const { prefix = '', map, hasVariables } = rules
  const keyToPaths: KeyToPaths = (key) => {
    // For variables of the process, `env()` applies the rules, and convict reads those that it names itself.
    const own = hasVariables ? keyPaths.get(key) : undefined
    const path = pathOfName(key, rules)
    if (!path) return own ?? []
    if (Object.hasOwn(map, key)) return [path, ...(own ?? [])]
    return own ?? keyPaths.get(key.slice(prefix.length)) ?? [path]
  }
  return {
    ...parser,
    parse: (text, _, repeated) => parser.parse(text, keyToPaths, repeated),
    positions: (text) => parser.positions(text, keyToPaths),
  }
}
