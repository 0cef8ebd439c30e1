import { valueAt } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { partsOf, placesOf } from './givers.js'
import type { Giver, Place } from './givers.js'
import type { Layer } from './layer.js'

/** Finds the origin of each path: the last part that has a value there, or at the nearest parent. */
export function originsOf(
  layers: readonly Layer[],
  paths: readonly (readonly PathSegment[])[],
  signal: AbortSignal,
): Promise<Place[]> {
  const parts = partsOf(layers)
  const giverOf = (path: readonly PathSegment[]): Giver | undefined => {
    for (let length = path.length; length > 0; length--) {
      const around = path.slice(0, length)
      const giver = parts.findLast(({ part }) => valueAt(part.tree, around) !== undefined)
      if (giver) return giver
    }
    return undefined
  }
  return placesOf(
    paths.map((path) => ({ giver: giverOf(path), path })),
    signal,
  )
}
