import { inspect } from 'node:util'

import { MAX_DEPTH } from '../trees/bounds.js'
import { ownAt } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { isPlainObject } from '../trees/tree.js'
import type { CoveredPaths, Place } from './covered-paths.js'
import { entriesOf } from './learned-secrets.js'
import type { LearnedSecrets } from './learned-secrets.js'
import type { SecretNode, SecretPaths } from './secret-paths.js'

export const REDACTED = '[redacted]'

/** Shorter texts are alike by chance. */
const MIN_WHOLE_LENGTH = 6

/** An instance may lead anywhere in the program. */
const MAX_SEEN = 1_000

/** A longer text that a schema made is not checked, and so not shown. A digest has to be exact, and is made once. */
const MAX_TEXT_LENGTH = 64 * 1024

/** What prints more is not checked, and so not shown. */
const MAX_PRINTED_LENGTH = 256 * 1024

/** What decides about values. */
export interface ShownRule {
  readonly covered: CoveredPaths
  /** Where secret entries gave values. */
  readonly paths: SecretPaths
  readonly learned: LearnedSecrets
  /** Whether a key is no secret, for one that the sources did not give in the open. */
  readonly isShownKey: (key: string, parent: readonly PathSegment[]) => boolean
  /** Whether to show whatever the sources gave in the open, although it holds a secret. */
  readonly trustsInput: boolean
}

/** Where a walk is: by what is covered, and by what secret entries gave. */
interface At {
  readonly path: PathSegment[]
  readonly place: Place
  readonly node: SecretNode | undefined
}

/** Makes values fit to be shown: covered ones are replaced, and those that a schema made from secrets. */
export class ShownValues {
  readonly #rule: ShownRule
  /** Whether something was replaced for what it says, and not for where it is. */
  foundSecrets = false

  constructor(rule: ShownRule) {
    this.#rule = rule
  }

  /**
   * A value as it may be shown, the same object where all of it may.
   *
   * @param input what the sources gave at the same path: what a schema passed on as it was given in the open is no secret
   */
  show(value: unknown, path: readonly PathSegment[], input: unknown): unknown {
    const { covered, paths } = this.#rule
    const place = path.reduce<Place>((at, segment) => covered.below(at, segment), covered.root)
    if (paths.secretLength(path) !== undefined) return hidden(value)
    return this.#show(value, input, { path: [...path], place, node: paths.nodeAt(path) })
  }

  #show(value: unknown, input: unknown, at: At): unknown {
    if (at.place.isCovered || at.node?.isSecret) return hidden(value)
    if (typeof value === 'string') return this.#checked(value, !this.#isSecretText(value, input))
    if (typeof value === 'number' || typeof value === 'bigint') {
      const text = String(value)
      return this.#checked(value, text === String(input) || !this.#rule.learned.has(text))
    }
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return this.#array(value, input, at)
    if (isPlainObject(value)) return this.#object(value, input, at)
    return this.#checked(value, this.#isOpenInstance(value, at.place))
  }

  #checked(value: unknown, isShown: boolean): unknown {
    if (!isShown) this.foundSecrets = true
    return isShown ? value : REDACTED
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
    const { learned, trustsInput } = this.#rule
    if (text !== input) return (!trustsInput && text.length > MAX_TEXT_LENGTH) || learned.find(text) !== undefined
    return !trustsInput && this.#holdsWhole(text)
  }

  /** Whether a text holds a whole secret, and not only pieces that both have, such as a host name. */
  #holdsWhole(text: string): boolean {
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

  /** A part of an instance or a map can't be taken out: it is shown as a whole or not at all. */
  #isOpenInstance(value: object, place: Place): boolean {
    if (this.#holdsCovered(value, place, new Set())) return false
    const text = printed(value)
    return text.length <= MAX_PRINTED_LENGTH && this.#rule.learned.find(text) === undefined
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

/** What stands for a value that is not shown. That there is none is shown. */
export function hidden(value: unknown): unknown {
  return value === undefined ? undefined : REDACTED
}

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
