import type { Leaf } from './entries.js'
import { NOTHING_GIVEN } from './library.js'
import type { Convict } from './library.js'

/**
 * Marks a number in the arguments, so that convict's parser keeps it as text. No argument can contain a NUL character.
 */
const MARK = '\0'

/** An argument that is a number, or that ends in one after its name: `5`, `--port=5`, `-p=5`, `-p5`. */
const NUMBER = /^(--[^=]+=|-[A-Za-z]=?)?(?=-?(?:0x[\da-f]+|\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$)/i

/**
 * Finds the texts of entries in the arguments of the process, by path, with convict's own parser. Numbers are marked,
 * because the parser would turn `1.10` into `1.1`.
 */
export function argumentsOf(convict: Convict, leaves: readonly Leaf[]): ReadonlyMap<string, string> {
  const named = leaves.filter(({ arg }) => arg !== undefined)
  if (named.length === 0) return new Map()
  const schema = named.map(({ arg }, index): [string, object] => [`${index}`, { format: '*', default: null, arg }])
  const args = process.argv.slice(2).map((argument) => argument.replace(NUMBER, `$1${MARK}`))
  const found = Object.values(convict(Object.fromEntries(schema), { ...NOTHING_GIVEN, args }).getProperties() as object)
  return new Map(
    named.flatMap(({ path }, index): [string, string][] => {
      const text: unknown = found[index]
      return typeof text === 'string' ? [[path, text.replaceAll(MARK, '')]] : []
    }),
  )
}
