import { ConfigError } from '@hot-config/core'
import { formatPath, ownAt, valueAt } from '@hot-config/core/internal'
import type { Logger } from '@openfeature/core'
import { ErrorCode } from '@openfeature/core'
import { FlagdCore, MemoryStorage } from '@openfeature/flagd-core'

import { isObject, issuesOf, parseProblems, variantProblems } from './flag-problems.js'
import type { FlagProblem } from './flag-problems.js'

/** The flags of one snapshot. */
interface FlagSet {
  readonly flagd: FlagdCore
  /** Another one for each content of a flag, by its key. */
  readonly hashes: ReadonlyMap<string, string>
}

/** A flag set, or why it is none. */
export type Read = { readonly set: FlagSet } | { readonly error: ConfigError }

/** Rules are interpreted: whoever may edit a ConfigMap must not be able to have code compiled. */
const OPTIONS = { disableDynamicCodeGeneration: true }

const ignore = (): void => undefined
const SILENT: Logger = { error: ignore, warn: ignore, info: ignore, debug: ignore }

/** What flag sets are made from. */
interface Definitions {
  readonly flags: unknown
  readonly evaluators: unknown
}

/** Makes flag sets from the values of a configuration, each once. */
export class FlagSets {
  readonly #path: readonly string[]
  readonly #known = new WeakMap<object, Read>()
  #last: (Definitions & { readonly read: Read }) | undefined

  /** @param path where the flags are */
  constructor(path: readonly string[]) {
    this.#path = path
  }

  /** Whether a value is one of this configuration. */
  has(value: unknown): value is object {
    return typeof value === 'object' && value !== null && this.#known.has(value)
  }

  /** @param value of the whole configuration. Its parts that did not change are the same objects as before */
  of(value: object): Read {
    let read = this.#known.get(value)
    if (!read) {
      read = this.#read(this.#definitionsIn(value))
      this.#known.set(value, read)
    }
    return read
  }

  /** Whether two values have the same flags. */
  isSame(before: object, after: object): boolean {
    return isSame(this.#definitionsIn(before), this.#definitionsIn(after))
  }

  /** A file of flagd has rules that flags share beside its flags. */
  #definitionsIn(value: object): Definitions {
    const evaluators = ownAt(valueAt(value, this.#path.slice(0, -1)), '$evaluators')
    return { flags: valueAt(value, this.#path), evaluators }
  }

  #read(definitions: Definitions): Read {
    if (this.#last && isSame(this.#last, definitions)) return this.#last.read
    const read = this.#make(definitions)
    this.#last = { ...definitions, read }
    return read
  }

  #make({ flags = {}, evaluators }: Definitions): Read {
    if (!isObject(flags))
      return this.#failed([{ path: [], message: 'must be an object with a definition for each flag' }])
    const problems = variantProblems(flags)
    if (problems.length > 0) return this.#failed(problems)
    const storage = new MemoryStorage(SILENT, OPTIONS)
    try {
      storage.setConfigurations(
        JSON.stringify({ flags, ...(isObject(evaluators) && { $evaluators: evaluators }) }),
        true,
      )
    } catch (error) {
      return this.#failed(parseProblems(error))
    }
    const hashes = new Map<string, string>()
    for (const [key, flag] of storage.getFlags()) {
      hashes.set(key, flag.hash)
      for (const variant of flag.variants.values()) deepFreeze(variant)
      const { errorCode, errorMessage = 'is not valid' } = flag.evaluate({}, SILENT)
      if (errorCode === ErrorCode.PARSE_ERROR) problems.push({ path: [key, 'targeting'], message: errorMessage })
    }
    if (problems.length > 0) return this.#failed(problems)
    return { set: { flagd: new FlagdCore(storage, SILENT, OPTIONS), hashes } }
  }

  #failed(problems: readonly FlagProblem[]): Read {
    return { error: ConfigError.of(issuesOf(problems, (path) => formatPath([...this.#path, ...path]))) }
  }
}

function isSame(first: Definitions, second: Definitions): boolean {
  return first.flags === second.flags && first.evaluators === second.evaluators
}

/** The keys of the flags that differ. */
export function changedFlags(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const keys = new Set([...before.keys(), ...after.keys()])
  return Array.from(keys).filter((key) => before.get(key) !== after.get(key))
}

/** All requests share the values of a flag. */
function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  Object.values(value).forEach(deepFreeze)
  Object.freeze(value)
}
