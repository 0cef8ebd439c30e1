import { parsePath } from './path.js'
import type { PathSegment } from './path.js'

/** A set of paths, each with everything below it. `*` matches one key, `**` any number. */
export class PathPatterns {
  /** Paths without wildcards, as keys: there may be thousands, one for every value of a secret. */
  readonly #exact = new Set<string>()
  readonly #patterns: (readonly string[])[] = []

  constructor(paths: readonly string[]) {
    this.add(paths.map(parsePath))
  }

  get isEmpty(): boolean {
    return this.#exact.size === 0
  }

  /** @returns whether at least one of them was new */
  add(paths: readonly (readonly string[])[]): boolean {
    const size = this.#exact.size
    for (const path of paths) {
      const key = keyOf(path)
      if (this.#exact.has(key)) continue
      this.#exact.add(key)
      if (path.length === 0 || path.includes('*') || path.includes('**')) this.#patterns.push(path)
    }
    return this.#exact.size > size
  }

  covers(path: readonly PathSegment[]): boolean {
    let key = ''
    return (
      path.some((segment) => this.#exact.has((key += keyOf([segment])))) ||
      this.#patterns.some((pattern) => matches(pattern, path))
    )
  }
}

function keyOf(path: readonly PathSegment[]): string {
  return path.map((segment) => `${segment}\0`).join('')
}

function matches(pattern: readonly string[], path: readonly PathSegment[], from = 0, at = 0): boolean {
  const segment = pattern[from]
  if (segment === undefined) return true
  if (segment !== '**') {
    return (
      at < path.length && (segment === '*' || segment === String(path[at])) && matches(pattern, path, from + 1, at + 1)
    )
  }
  for (let next = at; next <= path.length; next++) if (matches(pattern, path, from + 1, next)) return true
  return false
}
