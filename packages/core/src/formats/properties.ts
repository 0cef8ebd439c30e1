import { Pair as PropertiesPair, parseLines } from 'dot-properties'

import { flatFormat, positionFinder } from './format.js'
import type { Format, Pair } from './format.js'

/** Any text is a properties file: a line without `=` or `:` is a key without a value. */
export const properties: Format = flatFormat(function* (text, keyToPath): Generator<Pair> {
  const positionOf = positionFinder(text)
  for (const line of parseLines(text, true)) {
    if (!(line instanceof PropertiesPair)) continue
    yield { path: keyToPath(line.key), value: line.value, position: positionOf(line.range?.[0] ?? 0) }
  }
})
