import { isDeepStrictEqual } from 'node:util'

import { OptionError } from '../../errors/errors.js'
import { mutableCopy } from '../../trees/copy.js'
import { ownAt, valueAt } from '../../trees/path.js'
import { atOnce } from '../../async/slices.js'
import { TreeError, isBranch, isPlainObject } from '../../trees/tree.js'
import { checkBounds } from '../../trees/bounds.js'
import type { Tree } from '../../trees/tree.js'
import { argumentsOf } from './arguments.js'
import { keyPathsOf, leavesOf, namesOf, overrideOf } from './entries.js'
import type { Entry } from './entries.js'
import { NOTHING_GIVEN, loadConvict } from './library.js'
import type { Convict, ConvictInstance } from './library.js'
import { Instances } from './instances.js'
import { expectationOf, problemAt, problemsOf } from './problems.js'
import { UNREADABLE, aloneIn, loadAlone, textReaders } from './coercions.js'
import { Texts } from './texts.js'
import type { ConvictSchema } from '../schema.js'
import type { SchemaProblem, Validator } from '../validator.js'

/**
 * Validates by a convict schema. Each tree needs a new instance, because an instance keeps all values that it has
 * loaded. convict's precedence applies: defaults < sources < environment < arguments. Its coercion of text does not,
 * because it reads `off` as true and `1e+06` as 1. Instead, texts are read here and set as values.
 */
export async function convictValidator(schema: ConvictSchema): Promise<Validator> {
  const convict = await loadConvict()
  try {
    // Ignores the environment and the arguments: a bad value there is not a mistake in the schema.
    convict(schema, NOTHING_GIVEN)
  } catch (error) {
    throw new OptionError(`schema: the convict schema is not valid: ${(error as Error).message}`, { cause: error })
  }
  const entries = entriesOf(convict, schema)
  const unawaited = entries.find(({ format }) => Object.prototype.toString.call(format) === '[object AsyncFunction]')
  if (unawaited) {
    // convict drops the promise: a bad value would be accepted, and the rejection would end the process.
    throw new OptionError(`schema: the format of ${unawaited.path} is async, and convict awaits no format`)
  }
  const texts = new Texts(entries)
  // convict would put the names of an object into a list or an instance, from which they are lost.
  const closed = entries.filter(({ byDefault }) => isBranch(byDefault) && !isPlainObject(byDefault))
  const overridable = entries.filter(({ env, argument }) => env !== undefined || argument !== undefined)

  return {
    keyPaths: keyPathsOf(entries),
    hasVariables: true,
    sensitive: entries.filter((entry) => entry.sensitive).map((entry) => entry.path),
    open: entries.filter((entry) => entry.isOpen).map((entry) => entry.path),
    known: namesOf(schema),

    validate(tree, previous) {
      const unfit = findUnfit(tree, previous?.tree)
      if (unfit) return { problems: [unfit] }
      const { problems, values } = texts.read(tree)
      const misfits = closed.filter(({ segments }) => isPlainObject(valueAt(tree, segments)))
      problems.push(...misfits.map((entry) => problemAt(entry, expectationOf(entry))))
      const instances = new Instances(entries, tree)
      const whole = instances.whole()
      const set = [...values, ...whole]
      const instance = convict(schema, NOTHING_GIVEN)
      try {
        // convict would coerce a text that was rejected, and report the result as well.
        const left = [...problems, ...whole.map(({ entry }) => ({ path: entry.segments }))]
        instance.load(left.length === 0 ? tree : without(tree, left))
      } catch {
        return { problems: inOrder(entries, [...problems, ...findUnloadable(convict, entries, tree)]) }
      }
      const unset = set.filter(({ entry, value }) => !trySet(instance, entry, value)).map(({ entry }) => entry)
      try {
        instance.validate({ allowed: 'warn', output: () => undefined })
      } catch (error) {
        problems.push(...findInvalid(convict, entries, instance.getProperties(), (error as Error).message))
      }
      problems.push(...unset.map((entry) => problemAt(entry, UNREADABLE)))
      if (problems.length > 0) return { problems: inOrder(entries, problems) }
      const value = instance.getProperties()
      instances.putInto(value)
      return {
        value,
        overriders: overridersOf(overridable),
        pinnedByEnvironment: pinned(instance, overridable, tree, value),
      }
    },
  }
}

function entriesOf(convict: Convict, schema: ConvictSchema): Entry[] {
  const leaves = [...leavesOf(schema)]
  const args = argumentsOf(convict, leaves)
  const readerOf = textReaders(convict)
  return leaves.map((leaf) => ({ ...leaf, ...readerOf(leaf), argument: args.get(leaf.path) }))
}

/** Returns a copy without the values at these places. */
function without(tree: Tree, places: readonly Pick<SchemaProblem, 'path'>[]): Tree {
  const copy = atOnce(mutableCopy(tree)) as Tree
  for (const { path } of places) {
    const parent = valueAt(copy, path.slice(0, -1))
    if (isPlainObject(parent)) delete parent[String(path.at(-1))]
  }
  return copy
}

/**
 * @returns `false` when a format of the program rejects the text, or when the sources have a value in place of the
 * entry's section
 */
function trySet(instance: ConvictInstance, { path }: Entry, value: unknown): boolean {
  try {
    instance.set(path, value)
    return true
  } catch {
    return false
  }
}

/** Keeps the first problem of each entry, and sorts them in the order of the schema. */
function inOrder(entries: readonly Entry[], problems: readonly SchemaProblem[]): SchemaProblem[] {
  const ranks = new Map(entries.map(({ path }, index) => [path, index]))
  const first = new Map<string | SchemaProblem, SchemaProblem>()
  for (const problem of problems) {
    const place = problem.path.length > 0 ? problem.path.join('.') : problem
    if (!first.has(place)) first.set(place, problem)
  }
  const rankOf = ({ path }: SchemaProblem): number => ranks.get(path.join('.')) ?? entries.length
  return Array.from(first.values()).toSorted((left, right) => rankOf(left) - rankOf(right))
}

const DOTTED = 'has a dot in its name, which convict reads as the end of a name'

/** For convict, an empty name at the top is the whole configuration. */
function isUnreadable(path: readonly string[]): boolean {
  const name = path.at(-1) ?? ''
  return name.includes('.') || (name === '' && path.length === 1)
}

/**
 * Finds what convict can't handle: dots in names, a name that is empty, and cycles. Skips the parts of a tree that were
 * checked before.
 */
function findUnfit(tree: Tree, known: Tree | undefined): SchemaProblem | undefined {
  const path: string[] = []
  const findName = (node: unknown, before: unknown): boolean =>
    isPlainObject(node) &&
    node !== before &&
    Object.keys(node).some((key) => {
      path.push(key)
      const found = isUnreadable(path) || findName(node[key], ownAt(before, key))
      if (!found) path.pop()
      return found
    })
  if (findName(tree, known)) {
    const message = path.at(-1) === '' ? 'has an empty name, which convict reads as no name' : DOTTED
    return { path, message }
  }
  try {
    // convict also walks class instances, and never ends when one contains itself.
    atOnce(checkBounds(tree, known, (value): value is Tree => isBranch(value)))
    return undefined
  } catch (error) {
    if (!(error instanceof TreeError)) throw error
    return { path: error.segments, message: error.message }
  }
}

/**
 * Finds the invalid entries in convict's message. When it has no path, a format threw something that is no error, or convict
 * can't quote the value. Then the entries are validated one by one.
 */
function findInvalid(
  convict: Convict,
  entries: readonly Entry[],
  properties: unknown,
  message: string,
): SchemaProblem[] {
  const found = problemsOf(message, entries, properties)
  if (found.every(({ path }) => path.length > 0)) return found
  const alone = entries.flatMap((entry): SchemaProblem[] => {
    const instance = aloneIn(convict, entry)
    try {
      instance.set('entry', valueAt(properties, entry.segments))
      instance.validate({ allowed: 'warn', output: () => undefined })
      return []
    } catch (error) {
      const own = { ...entry, path: 'entry', segments: ['entry'] }
      const [problem] = problemsOf((error as Error).message, [own], instance.getProperties())
      return [problemAt(entry, problem && problem.path.length > 0 ? problem.message : UNREADABLE)]
    }
  })
  return alone.length > 0 ? [...found.filter(({ path }) => path.length > 0), ...alone] : found
}

/** Finds the entries that convict can't load, one by one: its error has no path and may quote the value. */
function findUnloadable(convict: Convict, entries: readonly Entry[], tree: Tree): SchemaProblem[] {
  const found = entries.flatMap((entry): SchemaProblem[] => {
    const value = valueAt(tree, entry.segments)
    if (value === undefined) return []
    try {
      loadAlone(convict, entry, value)
      return []
    } catch {
      return [{ path: entry.segments, message: isPlainObject(value) ? expectationOf(entry) : UNREADABLE }]
    }
  })
  return found.length > 0 ? found : [{ path: [], message: 'convict could not load the configuration' }]
}

function overridersOf(overridable: readonly Entry[]): ReadonlyMap<string, string> {
  return new Map(
    overridable.flatMap((entry): [string, string][] => {
      const override = overrideOf(entry)
      return override ? [[entry.path, override.source]] : []
    }),
  )
}

/** Returns the paths whose override differs from the value in the sources. Mutates the instance. */
function pinned(instance: ConvictInstance, overridable: readonly Entry[], tree: Tree, value: unknown): string[] {
  const overridden = overridable.filter((entry) => valueAt(tree, entry.segments) !== undefined && overrideOf(entry))
  if (overridden.length === 0) return []
  // Both are read in the same way before they are compared, since "8080", "08080" and 8080 are the same port.
  const differs = (entry: Entry): boolean => {
    const given = valueAt(tree, entry.segments)
    const exact = entry.read && typeof given === 'string' ? entry.read(given) : { value: given }
    if (!('value' in exact && trySet(instance, entry, exact.value))) return true
    return !isDeepStrictEqual(valueAt(instance.getProperties(), entry.segments), valueAt(value, entry.segments))
  }
  return overridden.filter(differs).map(({ path }) => path)
}
