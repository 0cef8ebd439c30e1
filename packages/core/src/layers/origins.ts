import type { Issue } from '../errors/errors.js'
import { valueAt } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import type { Entry } from '../sources/source.js'
import type { Layer } from './layer.js'
import { isFile, fileOf } from './entry.js'

/** Finds the origin of each path: the last part that has a value there, or at the nearest parent. */
export async function originsOf(
  layers: readonly Layer[],
  paths: readonly (readonly PathSegment[])[],
  signal: AbortSignal,
): Promise<Partial<Issue>[]> {
  const parts = layers.flatMap((layer) =>
    layer.parts.map((part) => ({ source: part.entry.source ?? layer.source, part })),
  )
  const givers = paths.map((path) => {
    for (let length = path.length; length > 0; length--) {
      const around = path.slice(0, length)
      const giver = parts.findLast(({ part }) => valueAt(part.tree, around) !== undefined)
      if (giver) return giver
    }
    return undefined
  })
  const origins: Partial<Issue>[] = paths.map(() => ({}))
  // Each part finds all of its positions at once, because it may have to parse its document for that.
  for (const giver of new Set(givers)) {
    if (!giver) continue
    const { source, part } = giver
    const mine = Array.from(paths.keys()).filter((index) => givers[index] === giver)
    const positions = await part.locate(
      mine.map((index) => paths[index] ?? []),
      signal,
    )
    const origin = { source, ...fileIn(part.entry) }
    mine.forEach((index, nth) => (origins[index] = { ...origin, ...positions[nth] }))
  }
  return origins
}

/** Returns the name of an entry for messages, in addition to the source. */
function fileIn(entry: Entry): Partial<Issue> {
  if (isFile(entry)) return { file: fileOf(entry) }
  return entry.name === undefined ? {} : { file: entry.name }
}
