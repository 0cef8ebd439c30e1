import { ownAt, valueAt } from '../../trees/path.js'
import { isBranch, isPlainObject } from '../../trees/tree.js'
import type { Tree } from '../../trees/tree.js'
import { outsideYaml } from '../exact-text.js'
import type { Exact } from '../exact-text.js'
import type { SchemaProblem } from '../validator.js'
import { overrideOf } from './entries.js'
import type { Entry } from './entries.js'
import { problemAt } from './problems.js'

/** The result of reading the texts of a tree. */
export interface ReadTexts {
  readonly problems: SchemaProblem[]
  /** Values that have to be set, because convict does not see their texts or coerces them to other values. */
  readonly values: readonly { readonly entry: Entry; readonly value: unknown }[]
}

/** The entries of one object in a tree. */
interface Section {
  readonly path: readonly string[]
  readonly entries: readonly (readonly [name: string, entry: Entry])[]
  /** The texts of the objects that were read before. The objects are frozen, so the texts can't have changed. */
  readonly read: WeakMap<object, readonly Text[]>
}

interface Text {
  readonly entry: Entry
  readonly exact: Exact
  readonly isMisread: boolean
}

/**
 * Reads the texts of entries. Of several texts for one entry, convict's precedence selects the one to read. Sections
 * that did not change are not read again.
 */
export class Texts {
  readonly #sections: readonly Section[]
  readonly #overridable: readonly Entry[]
  readonly #defaults: readonly Text[]

  constructor(entries: readonly Entry[]) {
    const readable = entries.filter(({ read }) => read)
    const sections = new Map<string, Section & { entries: [string, Entry][] }>()
    for (const entry of readable) {
      const path = entry.segments.slice(0, -1)
      const section = sections.get(path.join('.')) ?? { path, entries: [], read: new WeakMap() }
      section.entries.push([entry.segments.at(-1) as string, entry])
      sections.set(path.join('.'), section)
    }
    this.#sections = Array.from(sections.values())
    this.#overridable = entries.filter(({ env, argument }) => env !== undefined || argument !== undefined)
    this.#defaults = readable.flatMap((entry) => textOf(entry, entry.byDefault) ?? [])
  }

  read(tree: Tree): ReadTexts {
    const problems: SchemaProblem[] = []
    const values: { entry: Entry; value: unknown }[] = []
    const add = ({ entry, exact, isMisread }: Text, problem: (entry: Entry, fault: string) => SchemaProblem): void => {
      if ('fault' in exact) problems.push({ ...problem(entry, exact.fault), isOwn: true })
      else if (isMisread) values.push({ entry, value: exact.value })
    }
    for (const entry of this.#overridable) {
      const text = overrideOf(entry)?.text
      if (text === undefined) continue
      // The instance sees neither environment nor arguments, so every override has to be set.
      add({ entry, exact: { value: text }, ...textOf(entry, text), isMisread: true }, (overridden, fault) =>
        problemAt(overridden, outsideYaml(fault)),
      )
    }
    for (const section of this.#sections) {
      for (const text of textsIn(section, tree)) if (!overrideOf(text.entry)) add(text, problemAt)
    }
    for (const text of this.#defaults) {
      const isUsed = !overrideOf(text.entry) && valueAt(tree, text.entry.segments) === undefined
      if (isUsed) add(text, ({ segments: path }, message) => ({ path, message, source: 'the schema' }))
    }
    return { problems, values }
  }
}

function textsIn({ path, entries, read }: Section, tree: Tree): readonly Text[] {
  const object = valueAt(tree, path)
  if (!isBranch(object)) return []
  const known = read.get(object)
  if (known) return known
  const texts = entries.flatMap(([name, entry]) => textOf(entry, ownAt(object, name)) ?? [])
  // convict also reads the properties of an instance, which may be mutated in place.
  if (isPlainObject(object)) read.set(object, texts)
  return texts
}

function textOf(entry: Entry, text: unknown): Text | undefined {
  if (typeof text !== 'string' || !entry.read) return undefined
  const exact = entry.read(text)
  const isMisread = 'fault' in exact || !entry.coerce || !Object.is(entry.coerce(text), exact.value)
  return { entry, exact, isMisread }
}
