import { CORE_SCHEMA, Schema, YAMLException, constructFromEvents, mapTag, mergeTag } from 'js-yaml'

import { checkNumbers } from './check-numbers.js'
import { SyntaxProblem } from './syntax-problem.js'
import { notYaml } from './yaml-advice.js'
import { misreadBlank } from './yaml-blanks.js'
import { readDocument } from './yaml-document.js'
import { mapPositions } from './yaml-positions.js'
import { reasonWithoutText } from './yaml-reason.js'
import { checkScalars } from './yaml-scalars.js'
import type { Parser } from './parser.js'

/** Rejects keys that are not text. `checkScalars` has made all keys texts, except those with a tag and aliases. */
const textKeys: typeof mapTag = {
  ...mapTag,
  addPair: (mapping, key, value) =>
    typeof key === 'string' ? mapTag.addPair(mapping, key, value) : 'expected a key that is text',
}

// YAML 1.2, so that `no` is text and not false, plus the merge key `<<`, which many ConfigMaps use.
const schema = new Schema([...CORE_SCHEMA.tags, mergeTag, textKeys])

export const yaml: Parser = {
  heavyBytes: 32 * 1024,

  parse(text) {
    try {
      const events = readDocument(text)
      const problem = checkScalars(text, events)
      if (problem) {
        // Throws the same with the path of the number, if it has one.
        checkNumbers(mapPositions(text))
        throw problem
      }
      // An empty document is an empty configuration.
      return constructFromEvents([...events], { source: text, schema })[0] ?? null
    } catch (error) {
      throw error instanceof YAMLException ? problemOf(text, error) : error
    }
  },

  positions: mapPositions,
}

function problemOf(text: string, { mark, reason }: YAMLException): SyntaxProblem {
  const blank = mark && misreadBlank(text, mark.position, reason)
  if (blank) return blank
  const message = notYaml(reasonWithoutText(reason))
  return new SyntaxProblem(message, mark && { line: mark.line + 1, column: mark.column + 1 })
}
