import { unexpected } from '../errors/option-checks.js'
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

  /** @throws {OptionError} for a path that is no text */
  find(path: string): unknown {
    let found = this.#found.get(path)
    if (found === undefined && !this.#found.has(path)) {
      if (typeof path !== 'string') throw unexpected('path', 'a path such as "log.level"', path)
      found = valueAt(this.#value, parsePath(path))
      if (this.#found.size < MAX_FOUND) this.#found.set(path, found)
    }
    return found
  }
}
