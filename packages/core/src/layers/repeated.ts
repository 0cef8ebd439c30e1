import type { ContentWarning } from '../errors/content-warning.js'
import { formatPath } from '../trees/path.js'
import { fileOf, isFile } from './entry.js'
import type { Part } from './part.js'

const MESSAGE = 'is given different values in one file, and the last one counts: remove the others'

/** The warnings about paths that have several values in one file. All but the last value are lost. */
export function repeatedIn(source: string, parts: readonly Part[]): ContentWarning[] {
  return parts.flatMap(({ entry, repeated = [] }) => {
    if (!isFile(entry)) return []
    const folders = entry.key.split('/').slice(0, -1)
    return repeated.map(({ path, position }): ContentWarning => {
      const file = fileOf(entry)
      return { source, file, ...position, path: formatPath([...folders, ...path]), message: MESSAGE }
    })
  })
}
