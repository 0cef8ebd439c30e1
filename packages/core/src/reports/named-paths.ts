import { findUnknownPath } from '../schemas/unknown-path.js'
import type { KnownNames } from '../schemas/known-names.js'
import type { Redactor } from '../secrets/redactor.js'
import { formatPath, parsePath } from '../trees/path.js'
import type { Step } from '../updates/state.js'
import type { Log, UnknownNamedPath } from './log.js'

/** A path in the code of the program. */
export interface NamedPath {
  /** Where the program uses it, such as `onChange`. */
  readonly what: string
  readonly path: string
}

/** Returns those of the paths that neither the schema nor the configuration has. */
export function unknownPathsIn(
  named: readonly NamedPath[],
  known: KnownNames | undefined,
  values: readonly unknown[],
  redactor: Redactor,
): UnknownNamedPath[] {
  return named.flatMap(({ what, path }) => {
    const found = findUnknownPath(parsePath(path), known, values)
    if (!found) return []
    const meant = hintOf(found.meant, redactor)
    return [{ what, path: shownPath(path, redactor), meant, isMistake: known !== undefined || meant !== undefined }]
  })
}

function shownPath(path: string, redactor: Redactor): string {
  return redactor.paths([path]).join()
}

/** A key below a secret may be a secret itself, so it is never suggested. */
function hintOf(meant: readonly string[] | undefined, redactor: Redactor): string | undefined {
  const path = meant && formatPath(meant)
  return path !== undefined && shownPath(path, redactor) === path ? path : undefined
}

/** How many different paths are remembered. A program may subscribe for each request. */
const MAX_REMEMBERED = 1_000

/**
 * Warns about paths that the program names and that neither the schema nor the configuration has. A misspelt path in
 * `redact` hides nothing, and a listener for one is never called.
 */
export class NamedPaths {
  readonly #log: Log
  readonly #redactor: Redactor
  readonly #known: () => KnownNames | undefined
  /** Paths that wait for the first snapshot, each once. */
  readonly #waiting = new Map<string, NamedPath>()
  /** What was checked before. */
  readonly #checked = new Set<string>()
  /** The configuration that is served, and the tree it was made from. */
  #served: readonly unknown[] | undefined

  /** @param known the names of the schema, where they can be found out */
  constructor(log: Log, redactor: Redactor, known: () => KnownNames | undefined) {
    this.#log = log
    this.#redactor = redactor
    this.#known = known
  }

  /** Checks paths: at once, or together with others as soon as there is a configuration. */
  add(what: string, paths: readonly string[]): void {
    const named = paths.map((path) => ({ what, path }))
    if (this.#served) this.#check(named)
    else for (const one of named) if (this.#waiting.size < MAX_REMEMBERED) this.#waiting.set(keyOf(one), one)
  }

  observe<T>({ now: { snapshot, origin } }: Step<T>): void {
    if (!snapshot) return
    this.#served = [snapshot.value, origin?.tree]
    if (this.#waiting.size === 0) return
    this.#check(Array.from(this.#waiting.values()))
    this.#waiting.clear()
  }

  /** Returns the path that was probably meant by one that neither the schema nor the configuration has. */
  meantBy(path: string): string | undefined {
    return this.find([{ what: '', path }])[0]?.meant
  }

  /** Returns those of the paths that neither the schema nor the configuration has. */
  find(named: readonly NamedPath[]): UnknownNamedPath[] {
    return this.#served ? unknownPathsIn(named, this.#known(), this.#served, this.#redactor) : []
  }

  #check(named: readonly NamedPath[]): void {
    const unchecked = named.filter((one) => {
      const key = keyOf(one)
      if (this.#checked.has(key)) return false
      if (this.#checked.size >= MAX_REMEMBERED) this.#checked.clear()
      this.#checked.add(key)
      return true
    })
    const unknown = this.find(unchecked)
    if (unknown.length > 0) this.#log.unknownPaths(unknown)
  }
}

function keyOf({ what, path }: NamedPath): string {
  return `${what}\0${path}`
}
