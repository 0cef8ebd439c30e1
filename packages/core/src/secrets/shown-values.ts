import { inspect } from 'node:util'

import { MAX_DEPTH } from '../trees/bounds.js'
import { ownAt } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { isPlainObject } from '../trees/tree.js'
import type { CoveredPaths, Place } from './covered-paths.js'
import { entriesOf } from './learned-secrets.js'
import type { LearnedSecrets } from './learned-secrets.js'
import type { SecretPaths } from './secret-paths.js'

export const REDACTED = '[redacted]'

/** What decides about values. */
export interface ShownRule {
  readonly covered: CoveredPaths
  /** Where secret entries gave values. */
  readonly paths: SecretPaths
  readonly learned: LearnedSecrets
  readonly isShownKey: (key: string, parent: readonly PathSegment[]) => boolean
}

/** Makes values fit to be shown: covered ones are replaced, and those that a schema made from secrets. */
export class ShownValues {
  readonly #rule: ShownRule
  /** Whether a value was replaced for what it says, and not for where it is. */
  foundSecrets = false

  constructor(rule: ShownRule) {
    this.#rule = rule
  }

  /**
   * A value as it may be shown, the same object where all of it may.
   *
   * @param input what the sources gave at the same path: text that a schema passed on as it was is no secret for parts of it
   */
  show(value: unknown, path: readonly PathSegment[], input: unknown): unknown {
    const place = path.reduce<Place>((at, segment) => this.#rule.covered.below(at, segment), this.#rule.covered.root)
    return this.#show(value, [...path], place, input)
  }

  #show(value: unknown, path: PathSegment[], place: Place, input: unknown): unknown {
    if (value === undefined) return undefined
    if (place.isCovered || this.#rule.paths.secretLength(path) !== undefined) return REDACTED
    if (Array.isArray(value)) {
      const items = value.map((item, index) => this.#below(item, index, path, place, input))
      return items.every((item, index) => item === value[index]) ? value : items
    }
    if (isPlainObject(value)) return this.#object(value, path, place, input)
    const isShown =
      typeof value === 'object' && value !== null ? this.#isOpen(value, place) : !this.#isSecret(value, input)
    if (!isShown) this.foundSecrets = true
    return isShown ? value : REDACTED
  }

  #object(value: Record<string, unknown>, path: PathSegment[], place: Place, input: unknown): unknown {
    const keys = Object.keys(value)
    if (!keys.every((key) => this.#rule.isShownKey(key, path))) {
      this.foundSecrets = true
      return REDACTED
    }
    const entries = keys.map((key): [string, unknown] => [key, this.#below(value[key], key, path, place, input)])
    return entries.every(([key, below]) => below === value[key]) ? value : Object.fromEntries(entries)
  }

  #below(value: unknown, segment: PathSegment, path: PathSegment[], place: Place, input: unknown): unknown {
    path.push(segment)
    const shown = this.#show(value, path, this.#rule.covered.below(place, segment), ownAt(input, segment))
    path.pop()
    return shown
  }

  #isSecret(value: unknown, input: unknown): boolean {
    if (typeof value === 'number' || typeof value === 'bigint') {
      return String(value) !== String(input) && this.#rule.learned.has(String(value))
    }
    if (typeof value !== 'string') return false
    const found = this.#rule.learned.find(value)
    return found !== undefined && (value !== input || this.#holdsWhole(value, found))
  }

  /** Whether a text holds a whole secret, and not only pieces that both have, such as a host name. */
  #holdsWhole(text: string, found: Uint8Array): boolean {
    for (let start = found.indexOf(1); start >= 0;) {
      const next = found.indexOf(0, start)
      const end = next < 0 ? text.length : next
      if (end - start >= MIN_WHOLE_LENGTH && this.#rule.learned.has(text.slice(start, end))) return true
      start = found.indexOf(1, end)
    }
    return false
  }

  /** A part of an instance or a map can't be taken out: it is shown as a whole or not at all. */
  #isOpen(value: object, place: Place): boolean {
    if (this.#holdsCovered(value, place, new Set())) return false
    const text = printed(value)
    return text.length <= MAX_PRINTED_LENGTH && this.#rule.learned.find(text) === undefined
  }

  #holdsCovered(value: object, place: Place, seen: Set<object>): boolean {
    if (place.isCovered || seen.has(value) || seen.size > MAX_SEEN) return place.isCovered
    seen.add(value)
    for (const [key, below] of entriesOf(value)) {
      const next = this.#rule.covered.below(place, key)
      if (next.isCovered && below !== undefined && below !== null) return true
      if (typeof below === 'object' && below !== null && this.#holdsCovered(below, next, seen)) return true
    }
    return false
  }
}

/** Shorter texts are alike by chance. */
const MIN_WHOLE_LENGTH = 6

/** An instance may lead anywhere in the program. */
const MAX_SEEN = 1_000

/** What prints more is not checked, and so not shown. */
const MAX_PRINTED_LENGTH = 256 * 1024

/** What a log may make of a value: what it shows of itself, and what it says it is in JSON. */
function printed(value: object): string {
  const forms = [
    () => inspect(value, { depth: MAX_DEPTH, maxArrayLength: null, maxStringLength: null }),
    () => JSON.stringify(value) ?? '',
  ]
  return forms
    .map((form) => {
      try {
        return form()
      } catch {
        // then no log has it in that form either
        return ''
      }
    })
    .join('\n')
}
