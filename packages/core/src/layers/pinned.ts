import type { Walk } from '../async/slices.js'
import { Steps } from '../async/slices.js'
import { formatPath, ownAt } from '../trees/path.js'
import { isBranch, isPlainObject } from '../trees/tree.js'
import type { Layer } from './layer.js'

/** Finds the paths at which the environment overrides earlier sources, so that updates of these have no effect. */
export function* pinnedIn(layers: readonly Layer[]): Walk<string[]> {
  const found = new Set<string>()
  const steps = new Steps()

  function* compare(given: unknown, hidden: unknown, path: readonly string[]): Walk<void> {
    if (hidden === undefined || isSameText(given, hidden)) return
    if (!isPlainObject(given) || !isPlainObject(hidden)) {
      found.add(formatPath(path))
      return
    }
    for (const key of Object.keys(given)) {
      if (steps.isPauseDue()) yield
      yield* compare(given[key], ownAt(hidden, key), [...path, key])
    }
  }

  for (const [index, layer] of layers.entries()) {
    if (!layer.isEnvironment) continue
    const earlier = layers.slice(0, index).filter(({ isEnvironment }) => !isEnvironment)
    for (const { tree } of layer.parts) {
      for (const { parts } of earlier) for (const part of parts) yield* compare(tree, part.tree, [])
    }
  }
  return Array.from(found).sort()
}

/**
 * Whether two values are the same as text. A variable is always text, even if the schema coerces it to another type.
 */
function isSameText(given: unknown, hidden: unknown): boolean {
  return !isBranch(given) && !isBranch(hidden) && String(given) === String(hidden)
}
