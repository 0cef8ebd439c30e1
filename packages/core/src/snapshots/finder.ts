import { parsePath, valueAt } from '../trees/path.js'

/** The maximum number of remembered paths. Paths may come from requests, and must not fill the memory. */
const MAX_FOUND = 10_000

/** Finds values of one snapshot by their paths, and remembers them: parsing a path takes longer than following it. */
export class Finder {
  readonly #value: unknown
  readonly #found = new Map<string, unknown>()

  constructor(value: unknown) {
    this.#value = value
  }

  find(path: string): unknown {
    let found = this.#found.get(path)
    if (found === undefined && !this.#found.has(path)) {
      found = valueAt(this.#value, parsePath(path))
      if (this.#found.size < MAX_FOUND) this.#found.set(path, found)
    }
    return found
  }
}
