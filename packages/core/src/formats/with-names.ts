import { pathOfName } from '../sources/env-names.js'
import type { NameRules } from '../sources/env-names.js'
import { isArrayOf } from '../trees/build-object.js'
import { parsePath } from '../trees/path.js'
import type { Format, KeyToPaths } from './format.js'

/** A flat format whose names become paths by the rules of `env()`, where the schema does not know them. */
export function withNames(format: Format, rules: NameRules | undefined): Format {
  if (!rules) return format
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
    ...format,
    parse: (text, keyToPaths) => format.parse(text, rename(keyToPaths)),
    positions: (text, keyToPaths) => format.positions(text, rename(keyToPaths)),
  }
}
