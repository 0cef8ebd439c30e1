import type { ContentWarning } from '../errors/content-warning.js'
import { Steps } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import { isSame } from '../trees/equal.js'
import { formatPath, ownAt } from '../trees/path.js'
import { isPlainObject } from '../trees/tree.js'
import { nameOf, ownerOf } from './entry.js'
import type { Part } from './part.js'

/** Further collisions are not reported, because they would tell nothing new. */
const MAX_FOUND = 100

/** The value of one entry at a path. */
interface Given {
  readonly name: string
  readonly value: unknown
}

/**
 * Finds the paths at which entries of one source have different values. Merging keeps the last one. Values of different
 * sources, and of different ConfigMaps in one source, override each other on purpose.
 *
 * @param parts the parts in the order in which they are merged
 * @param advice the end of the message, which tells what to do
 */
export function* collisionsIn(source: string, parts: readonly Part[], advice: string): Walk<ContentWarning[]> {
  const found: ContentWarning[] = []
  const steps = new Steps()
  const message = `have different values, and the last one counts${advice}`

  function* visit(given: readonly Given[], path: readonly string[]): Walk<void> {
    // Everything before the last value that is not an object is replaced by it.
    const lastValue = given.findLastIndex(({ value }) => !isPlainObject(value))
    const kept = given.at(-1) as Given
    const lost = given.slice(0, -1).filter(({ value }, index) => index <= lastValue && !isSame(value, kept.value))
    if (lost.length > 0) {
      // The names are in the field for files, because redaction could mistake them for secrets in the message.
      const file = [...new Set([...lost, kept].map(({ name }) => name))].join(', ')
      found.push({ source, file, path: formatPath(path), message })
    }
    const objects = given.slice(lastValue + 1)
    if (objects.length < 2) return
    for (const [key, below] of byKey(objects)) {
      if (steps.isPauseDue(below.length)) yield
      if (below.length > 1 && found.length < MAX_FOUND) yield* visit(below, [...path, key])
    }
  }

  for (const group of byOwner(parts)) if (group.length > 1) yield* visit(group, [])
  return found
}

function byOwner(parts: readonly Part[]): Given[][] {
  const groups = new Map<string | undefined, Given[]>()
  for (const { entry, tree } of parts) {
    const owner = ownerOf(entry)
    const given = { name: nameOf(entry), value: tree }
    const group = groups.get(owner)
    if (group) group.push(given)
    else groups.set(owner, [given])
  }
  return Array.from(groups.values())
}

function byKey(objects: readonly Given[]): Map<string, Given[]> {
  const groups = new Map<string, Given[]>()
  for (const { name, value } of objects) {
    for (const key of Object.keys(value as object)) {
      const given = { name, value: ownAt(value, key) }
      const group = groups.get(key)
      if (group) group.push(given)
      else groups.set(key, [given])
    }
  }
  return groups
}
