import { Pair as PropertiesPair, parseLines } from 'dot-properties'

import { flatFormat } from './flat-format.js'
import { positionFinder } from './positions.js'
import type { Format } from './format.js'
import type { Pair } from './flat-format.js'

/** Any text is a properties file: a line without `=` or `:` is a key without a value. */
export const properties: Format = flatFormat(function* (text, keyToPaths): Generator<Pair> {
  const positionOf = positionFinder(text)
  for (const line of parseLines(text, true)) {
    if (!(line instanceof PropertiesPair)) continue
    const position = positionOf(line.range?.[0] ?? 0)
    for (const path of keyToPaths(line.key)) yield { path, value: line.value, position }
  }
})
