import { createHotConfig } from '@hot-config/core'
import type { Schema } from '@hot-config/core'
import convict from 'convict'
import { z } from 'zod'

import { compare } from './measure.ts'
import type { Goal, Row } from './measure.ts'
import { rounds } from './rounds.ts'

const UPDATES = rounds(1_000, 400)
/** As many as V8 needs until it has optimized a reload, whose functions run once in each. Those of zod run 500 times. */
const UNTIL_OPTIMIZED = 3_000
/** The updates of the row that shows what a reload takes before. */
const FIRST = 1_000
const GROUPS = 50
const KEYS = 10

type Group = Record<string, string | number | boolean>
type Tree = Record<string, Group>

/**
 * A whole reload of 500 keys of which one changed, from a source in memory that gives them as a tree: merge, validate,
 * share, swap. The floor is the schema library alone, which takes the same tree to a valid value.
 */
export default async function validate(): Promise<Row[]> {
  const zod = zodSchema()
  const convictSchema = convictSchemaOf()
  const withZod = await measure('zod', zod, UNTIL_OPTIMIZED + UPDATES, (tree) => zod.parse(tree))
  // an update takes so long that a tenth of the warm-up has to do
  const warmUp = UNTIL_OPTIMIZED / 10
  const withConvict = await measure('convict', convictSchema, warmUp + UPDATES, (tree) => {
    const instance = convict(convictSchema)
    instance.load(tree)
    instance.validate({ allowed: 'warn' })
    return instance.getProperties()
  })
  return [
    withZod(UNTIL_OPTIMIZED, UNTIL_OPTIMIZED + UPDATES, { atMost: 1.3 }),
    withZod(0, FIRST),
    withConvict(warmUp, warmUp + UPDATES, { atMost: 1.3 }),
  ]
}

/** @returns a function that compares the updates from one number to another */
async function measure(
  name: string,
  schema: Schema,
  updates: number,
  alone: (tree: Tree) => unknown,
): Promise<(from: number, to: number, goal?: Goal) => Row> {
  let held = makeTree(0)
  const source = { name: 'tree', read: async () => ({ revision: 'r', entries: [{ path: [], value: held }] }) }
  const config = await createHotConfig({ schema, sources: source, logger: false })
  const samples: number[] = []
  const floors: number[] = []
  for (let update = 1; update <= updates; update++) {
    held = makeTree(update)
    const started = performance.now()
    const result = await config.reload()
    const reloaded = performance.now()
    // trees of their own, as both get them from whoever parsed them
    const tree = makeTree(update)
    const startedAlone = performance.now()
    const value = alone(tree) as Tree
    const validated = performance.now()
    const taken = config.current as Tree
    if (result !== 'changed' || taken['group0']?.['key0'] !== update || value['group0']?.['key0'] !== update) {
      throw new Error(`${name}: an update was not taken`)
    }
    samples.push((reloaded - started) * 1_000)
    floors.push((validated - startedAlone) * 1_000)
  }
  await config.close()
  const what = `reload of ${GROUPS * KEYS} keys with ${name}`
  return (from, to, goal) =>
    compare(
      from === 0 ? `${what}: the first ${to} of a process` : what,
      samples.slice(from, to),
      `${name} alone`,
      floors.slice(from, to),
      'us',
      goal,
    )
}

/** Calls for each key of each group, whose type goes by its number. */
function build<R, S>(leaf: (key: number) => R, group: (leaves: Record<string, R>) => S): Record<string, S> {
  const named = <V>(name: string, length: number, make: (index: number) => V): Record<string, V> =>
    Object.fromEntries(Array.from({ length }, (_, index) => [`${name}${index}`, make(index)]))
  return named('group', GROUPS, () => group(named('key', KEYS, leaf)))
}

function pick<R>(key: number, number: R, text: R, flag: R): R {
  return [number, text, flag][key % 3] ?? number
}

function makeTree(first: number): Tree {
  const tree = build(
    (key) => pick<string | number | boolean>(key, key, `text ${key}`, true),
    (leaves) => leaves,
  )
  return { ...tree, group0: { ...tree['group0'], key0: first } }
}

function zodSchema() {
  return z.object(
    build(
      (key) => pick<z.ZodType>(key, z.number().int().nonnegative(), z.string().min(1), z.boolean()),
      (leaves) => z.object(leaves),
    ),
  )
}

function convictSchemaOf() {
  return build(
    (key) =>
      pick<object>(
        key,
        { format: 'nat', default: 0 },
        { format: String, default: '' },
        { format: Boolean, default: false },
      ),
    (leaves) => leaves,
  )
}
