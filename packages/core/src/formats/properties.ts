import { Pair, parseLines } from 'dot-properties'

import { setAt } from '../tree.js'
import type { Tree } from '../tree.js'
import { locateKey } from './format.js'
import type { Format } from './format.js'

export const properties: Format = {
  parse(text, keyPath) {
    const tree: Tree = {}
    const pairs = new Map<string, string>()
    for (const line of parseLines(text, true)) if (line instanceof Pair) pairs.set(line.key, line.value)
    for (const [key, value] of pairs) setAt(tree, keyPath(key), value)
    return tree
  },
  locate: locateKey,
}
