import { parsePath } from '../trees/path.js'

/**
 * The rules by which names such as `APP_DB__MAX_CONNECTIONS` become paths. Data, not a function, so that a worker can
 * get it.
 */
export interface NameRules {
  readonly prefix: string | undefined
  readonly separator: string
  readonly map: Readonly<Record<string, string>>
}

/** Returns the path of a variable, or `undefined` for a variable that is not read. */
export function pathOfName(name: string, { prefix, separator, map }: NameRules): string[] | undefined {
  const mapped = Object.hasOwn(map, name) ? map[name] : undefined
  if (mapped !== undefined) return parsePath(mapped)
  if (prefix === undefined && Object.keys(map).length > 0) return undefined
  const start = prefix?.length ?? 0
  if (!name.startsWith(prefix ?? '') || name.length === start) return undefined
  return name.slice(start).split(separator).map(partOfPath)
}

/** Converts `MAX_CONNECTIONS` to `maxConnections`. A part with a lower-case letter stays as it is. */
function partOfPath(part: string): string {
  if (/[a-z]/.test(part)) return part
  return part.toLowerCase().replace(/(?<=.)_+(.)/g, (_, letter: string) => letter.toUpperCase())
}
