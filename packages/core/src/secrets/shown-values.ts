import { inspect } from 'node:util'

import { MAX_DEPTH } from '../trees/bounds.js'
import { ownAt } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { isPlainObject } from '../trees/tree.js'
import { spelledCost, writtenCost } from './check-limit.js'
import type { CheckLimit } from './check-limit.js'
import type { CoveredPaths, Place } from './covered-paths.js'
import { entriesOf } from './learned-secrets.js'
import type { LearnedSecrets } from './learned-secrets.js'
import type { SecretNode, SecretPaths } from './secret-paths.js'

export const REDACTED = '[redacted]'

/** Shorter texts may be equal by chance. */
const MIN_WHOLE_LENGTH = 6

/** The maximum number of objects to search. A class instance may refer to any object of the application. */
const MAX_SEEN = 1_000

/**
 * A longer text from a schema is not checked, and therefore not shown. Digests have no such limit: they must be exact.
 */
const MAX_TEXT_LENGTH = 64 * 1024

/** An object with a longer text is not checked, and therefore not shown. */
const MAX_PRINTED_LENGTH = 256 * 1024

/** The rule that decides which values are shown. */
export interface ShownRule {
  readonly covered: CoveredPaths
  /** The paths of values from secret entries. */
  readonly paths: SecretPaths
  readonly learned: LearnedSecrets
  /** Whether a key may be shown. Called for keys that only secret entries or the schema have. */
  readonly isShownKey: (key: string, parent: readonly PathSegment[]) => boolean
  /** Whether to show all values from entries that are not secret, even when they contain a secret. */
  readonly trustsInput: boolean
  /** Limits the work. Default: no limit. */
  readonly limit?: CheckLimit | undefined
}

/** The position of a walk, in the covered paths and in the paths of secret entries. */
interface At {
  readonly path: PathSegment[]
  readonly place: Place
  readonly node: SecretNode | undefined
}

/** Ends the check of a value that is too large for the limit. */
class TooLargeError extends Error {}

/** Removes secrets from values: covered values, and values that a schema derived from secrets. */
export class ShownValues {
  readonly #rule: ShownRule
  /** Whether a value was replaced because of its content, and not because of its path. */
  foundSecrets = false

  constructor(rule: ShownRule) {
    this.#rule = rule
  }

  /**
   * Returns a value as it may be shown. It is the same object when nothing has to be hidden. A value that is too large
   * for the limit is hidden as a whole.
   *
   * @param input the value from the sources at the same path; a value that a schema passed on unchanged is not secret
   */
  show(value: unknown, path: readonly PathSegment[], input: unknown): unknown {
    const { covered, paths } = this.#rule
    const place = path.reduce<Place>((at, segment) => covered.below(at, segment), covered.root)
    if (paths.secretLength(path) !== undefined) return hidden(value)
    try {
      return this.#show(value, input, { path: [...path], place, node: paths.nodeAt(path) })
    } catch (error) {
      if (error instanceof TooLargeError) return hidden(value)
      throw error
    }
  }

  #show(value: unknown, input: unknown, at: At): unknown {
    this.#spend(1)
    if (at.place.isCovered || at.node?.isSecret) return hidden(value)
    if (typeof value === 'string') return this.#checked(value, !this.#isSecretText(value, input))
    if (typeof value === 'number' || typeof value === 'bigint') {
      const text = String(value)
      return this.#checked(value, text === String(input) || !this.#rule.learned.has(text))
    }
    // A client that can be called is a function with properties, and a symbol has a text.
    if (typeof value === 'function' || typeof value === 'symbol')
      return this.#checked(value, this.#isOpen(value, at.place))
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return this.#array(value, input, at)
    if (isPlainObject(value)) return this.#object(value, input, at)
    return this.#checked(value, this.#isOpen(value, at.place))
  }

  #checked(value: unknown, isShown: boolean): unknown {
    if (!isShown) this.foundSecrets = true
    return isShown ? value : REDACTED
  }

  /** @throws {TooLargeError} when that is more than what is left of the limit */
  #spend(values: number): void {
    const { limit } = this.#rule
    limit?.spend(values)
    if (limit?.isReached) throw new TooLargeError()
  }

  #array(items: readonly unknown[], input: unknown, at: At): unknown {
    let shown: unknown[] | undefined
    for (const [index, item] of items.entries()) {
      const below = this.#below(item, input, at, index)
      if (below !== item) (shown ??= [...items])[index] = below
    }
    return shown ?? items
  }

  #object(object: Record<string, unknown>, input: unknown, at: At): unknown {
    const keys = Object.keys(object)
    const isOpen = (key: string): boolean => ownAt(input, key) !== undefined && !at.node?.below.has(key)
    const isShown = keys.every((key) => isOpen(key) || this.#rule.isShownKey(key, at.path))
    if (!isShown) return this.#checked(object, false)
    const changed = keys.flatMap((key): [string, unknown][] => {
      const below = this.#below(object[key], input, at, key)
      return below === object[key] ? [] : [[key, below]]
    })
    return changed.length === 0 ? object : Object.fromEntries([...Object.entries(object), ...changed])
  }

  #below(value: unknown, input: unknown, { path, place, node }: At, segment: PathSegment): unknown {
    path.push(segment)
    const at = { path, place: this.#rule.covered.below(place, segment), node: node?.below.get(String(segment)) }
    const shown = this.#show(value, ownAt(input, segment), at)
    path.pop()
    return shown
  }

  #isSecretText(text: string, input: unknown): boolean {
    const { trustsInput } = this.#rule
    if (text !== input) return (!trustsInput && text.length > MAX_TEXT_LENGTH) || this.#hasSecret(text)
    return !trustsInput && this.#holdsWhole(text)
  }

  #hasSecret(text: string): boolean {
    this.#spend(spelledCost(text))
    return this.#rule.learned.find(text) !== undefined
  }

  /** Whether a text contains a whole secret, and not only a piece that both have in common, such as a host name. */
  #holdsWhole(text: string): boolean {
    this.#spend(writtenCost(text))
    const found = this.#rule.learned.findAsWritten(text)
    if (!found) return false
    for (let start = found.indexOf(1); start >= 0;) {
      const next = found.indexOf(0, start)
      const end = next < 0 ? text.length : next
      if (end - start >= MIN_WHOLE_LENGTH && this.#rule.learned.has(text.slice(start, end))) return true
      start = found.indexOf(1, end)
    }
    return false
  }

  /**
   * Whether a class instance, a map or a function may be shown. Its parts can't be removed, so it is shown as a whole or
   * not at all.
   */
  #isOpen(value: object | symbol, place: Place): boolean {
    if (typeof value !== 'symbol' && this.#holdsCovered(value, place, new Set())) return false
    const text = printed(value)
    return text.length <= MAX_PRINTED_LENGTH && !this.#hasSecret(text)
  }

  #holdsCovered(value: object, place: Place, seen: Set<object>): boolean {
    if (seen.has(value) || seen.size > MAX_SEEN) return false
    seen.add(value)
    for (const [key, below] of entriesOf(value)) {
      const next = this.#rule.covered.below(place, key)
      if (next.isCovered && below !== undefined && below !== null) return true
      if (typeof below === 'object' && below !== null && this.#holdsCovered(below, next, seen)) return true
    }
    return false
  }
}

/** Returns the text that replaces a hidden value. A missing value stays `undefined`. */
export function hidden(value: unknown): unknown {
  return value === undefined ? undefined : REDACTED
}

/** Returns the texts to which a log may convert an object, by `inspect` and as JSON. */
function printed(value: object | symbol): string {
  const forms = [
    () => inspect(value, { depth: MAX_DEPTH, maxArrayLength: null, maxStringLength: null }),
    () => JSON.stringify(value) ?? '',
  ]
  return forms
    .map((form) => {
      try {
        return form()
      } catch {
        // A log can't print it in this form either.
        return ''
      }
    })
    .join('\n')
}
