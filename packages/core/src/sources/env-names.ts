import { parsePath } from '../trees/path.js'

/** How names such as `APP_DB__MAX_CONNECTIONS` become paths. Data and no function, so that a worker can be given it. */
export interface NameRules {
  readonly prefix: string | undefined
  readonly separator: string
  readonly map: Readonly<Record<string, string>>
}

/** The path of a variable, `undefined` for one that is not read. */
export function pathOfName(name: string, { prefix, separator, map }: NameRules): string[] | undefined {
  const mapped = Object.hasOwn(map, name) ? map[name] : undefined
  if (mapped !== undefined) return parsePath(mapped)
  if (prefix === undefined && Object.keys(map).length > 0) return undefined
  const start = prefix?.length ?? 0
  if (!name.startsWith(prefix ?? '') || name.length === start) return undefined
  return name.slice(start).split(separator).map(partOfPath)
}

/** `MAX_CONNECTIONS` as `maxConnections`. A part that has a lower-case letter is kept. */
function partOfPath(part: string): string {
  if (/[a-z]/.test(part)) return part
  return part.toLowerCase().replace(/(?<=.)_+(.)/g, (_, letter: string) => letter.toUpperCase())
}
