import { Steps } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import { valuesIf, valuesOf } from '../trees/build-object.js'
import { ownAt } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { isBranch, isInstance, isPlainObject } from '../trees/tree.js'
import type { CoveredPaths, Place } from './covered-paths.js'
import { toldBy } from './instance-texts.js'
import { SecretPaths } from './secret-paths.js'
import { isTellingKey, secretTexts } from './secret-texts.js'
import { asWritten, spellingsOf } from './spellings.js'
import type { Spelling } from './spellings.js'
import { TextIndex } from './text-index.js'

/** Pieces of a secret with at least this many characters are found. */
const PIECE_LENGTH = 6

/** The maximum number of class instances to visit. A value from a schema may refer to any object of the application. */
const MAX_INSTANCES = 10_000

/** The part of a layer that matters for secrets. It has no bytes of files, which would stay in memory. */
export interface LearnedLayer {
  readonly source: string
  readonly parts: readonly LearnedPart[]
}

export interface LearnedPart {
  readonly tree: unknown
  /** Whether all values in it are secret. */
  readonly isSecret: boolean
  /**
   * Whether it is hidden only at its own path. Its text is not searched for elsewhere, since most of it is not secret.
   */
  readonly isHidden: boolean
  /** The key or path of the part, which is not secret itself. */
  readonly name: string
}

/**
 * The secret texts of several updates, with the paths of secret entries. It can't forget: to forget, a new one is
 * created.
 *
 * A part that is the same object as in the previous update is not visited again.
 */
export class LearnedSecrets {
  readonly paths: SecretPaths = new SecretPaths()
  readonly #covered: CoveredPaths
  readonly #publicNames: ReadonlySet<string>
  readonly #index = new TextIndex(PIECE_LENGTH)
  /** The complete secret texts. */
  readonly #texts = new Set<string>()
  /** The last layer of each source that was learned. `#value` is the last value. */
  readonly #layers: (LearnedLayer | undefined)[] = []
  #value: unknown
  /** Whether each source has had secrets. */
  readonly #sources = new Map<string, boolean>()
  /** The number of secrets that were found. Repeated ones are counted again. */
  secrets = 0
  /** The total number of characters in the texts. */
  size = 0

  /** @param publicNames keys that are never secret themselves */
  constructor(covered: CoveredPaths, publicNames: ReadonlySet<string>) {
    this.#covered = covered
    this.#publicNames = publicNames
  }

  /** Whether a source has secrets. `true` for a source that was not learned yet. */
  hasSecrets(source: string): boolean {
    return this.#sources.get(source) ?? true
  }

  *addLayers(layers: readonly LearnedLayer[]): Walk<void> {
    const steps = new Steps()
    for (const [index, layer] of layers.entries()) {
      const before = this.#layers[index]
      if (layer === before) continue
      const secretsBefore = this.secrets
      const sameParts = before?.parts.length === layer.parts.length ? before.parts : undefined
      const byName = sameParts ? undefined : new Map(before?.parts.map((part) => [part.name, part]))
      for (const [place, part] of layer.parts.entries()) {
        const was = sameParts ? sameParts[place] : byName?.get(part.name)
        if (part !== was) yield* this.#addPart(part, was?.name === part.name ? was : undefined, steps)
      }
      const had = this.#sources.get(layer.source) ?? false
      this.#sources.set(layer.source, had || this.secrets > secretsBefore)
      this.#layers[index] = layer
    }
  }

  /**
   * Learns the value that a schema returned. It may contain class instances and cycles.
   *
   * @param input the tree that was validated, which was learned before and may share parts with the value
   */
  *addValue(value: unknown, input: unknown): Walk<void> {
    yield* this.#visit({ value, before: this.#value, input, place: this.#covered.root, isWithin: false }, new Steps())
    this.#value = value
  }

  /** Learns a text that is secret as a whole, such as a file that could not be parsed. */
  *addText(text: string, steps: Steps = new Steps()): Walk<void> {
    if (this.#texts.has(text)) return
    for (const part of secretTexts(text)) {
      if (this.#texts.has(part)) continue
      this.#texts.add(part)
      this.size += part.length
      yield* this.#index.add(Buffer.from(part), steps)
      if (isLatin1(part)) yield* this.#index.add(Buffer.from(part, 'latin1'), steps)
      if (steps.isPauseDue()) yield
    }
  }

  /** Whether a text is a secret as a whole. */
  has(text: string): boolean {
    return this.#texts.has(text)
  }

  /**
   * Marks the characters of a text that belong to secrets, in any spelling. Returns `undefined` when there are none.
   */
  find(text: string): Uint8Array | undefined {
    return this.#index.isEmpty ? undefined : this.#marksIn(text, spellingsOf(text, this.#index.hasShort))
  }

  /** Does the same as `find`, but only for secrets in their original spelling. */
  findAsWritten(text: string): Uint8Array | undefined {
    return this.#index.isEmpty ? undefined : this.#marksIn(text, [asWritten(text)])
  }

  #marksIn(text: string, spellings: Iterable<Spelling>): Uint8Array | undefined {
    let found: Uint8Array | undefined
    for (const { bytes, length, from, to } of spellings) {
      this.#index.find(bytes, length, (start, end) => {
        found ??= new Uint8Array(text.length)
        found.fill(1, from[start], to[end - 1])
      })
    }
    return found
  }

  *#addPart(part: LearnedPart, before: LearnedPart | undefined, steps: Steps): Walk<void> {
    const { tree, isSecret, isHidden, name } = part
    const was = before?.isSecret === isSecret ? before.tree : undefined
    if (isHidden) this.paths.addTree(tree)
    else if (isSecret) yield* this.#addSecret(tree, was, [], new Set(name.split(/[./]/)), steps)
    else
      yield* this.#visit(
        { value: tree, before: was, input: undefined, place: this.#covered.root, isWithin: false },
        steps,
      )
  }

  /** Learns all covered values. Skips an object that is the same as `before` or `input`. */
  *#visit(root: Visited, steps: Steps): Walk<void> {
    const instances = new Instances()
    const pending = [root]
    for (let next = pending.pop(); next; next = pending.pop()) {
      const { value, before, input, place } = next
      if (place.isCovered) {
        yield* this.#addAll(value, before, steps)
      } else if (isBranch(value) && value !== before && value !== input && instances.isNew(value, next.isWithin)) {
        const isWithin = next.isWithin || isInstance(value)
        const { keys, values } = contentOf(value)
        // Most of a large object did not change.
        const known = isPlainObject(before) ? valuesIf(before, keys) : undefined
        for (let index = 0; index < keys.length; index++) {
          if (steps.isPauseDue()) yield
          const key = keys[index] as PathSegment
          const below = values[index]
          const was = known ? known[index] : ownAt(before, key)
          if (below === was) continue
          const at = this.#covered.below(place, key)
          if (!at.isCovered && !isBranch(below)) continue
          pending.push({ value: below, before: was, input: input && ownAt(input, key), place: at, isWithin })
        }
      }
    }
  }

  /** Learns all values of a secret entry, and their paths, which the schema need not mark. */
  *#addSecret(
    value: unknown,
    before: unknown,
    path: readonly string[],
    names: ReadonlySet<string>,
    steps: Steps,
  ): Walk<void> {
    if (!isPlainObject(value)) {
      this.paths.add(path)
      yield* this.#addAll(value, before, steps)
      return
    }
    const keys = Object.keys(value)
    if (keys.length === 0) this.paths.addKeys(path)
    for (const key of keys) {
      if (!names.has(key)) yield* this.#addKey(key, steps)
      const was = ownAt(before, key)
      if (value[key] !== was) yield* this.#addSecret(value[key], was, [...path, key], names, steps)
      if (steps.isPauseDue()) yield
    }
  }

  /** Learns every text and every key in a value. */
  *#addAll(root: unknown, rootBefore: unknown, steps: Steps): Walk<void> {
    const instances = new Instances()
    const pending: [unknown, unknown, boolean][] = [[root, rootBefore, false]]
    for (let next = pending.pop(); next; next = pending.pop()) {
      const [value, before, isBelowInstance] = next
      if (value === before) continue
      this.secrets++
      if (steps.isPauseDue()) yield
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') {
        yield* this.addText(String(value), steps)
      } else if (value instanceof Uint8Array) {
        yield* this.#index.add(value, steps)
      } else if (value instanceof URL) {
        yield* this.addText(value.href, steps)
      } else if (isBranch(value) && instances.isNew(value, isBelowInstance)) {
        const isWithin = isBelowInstance || isInstance(value)
        for (const [key, below] of entriesOf(value)) {
          if (typeof key === 'string') yield* this.#addKey(key, steps)
          pending.push([below, ownAt(before, key), isWithin])
        }
        if (isInstance(value)) for (const told of toldBy(value)) pending.push([told, undefined, true])
      }
    }
  }

  *#addKey(key: string, steps: Steps): Walk<void> {
    if (!isTellingKey(key) || this.#publicNames.has(key)) return
    this.secrets++
    yield* this.addText(key, steps)
  }
}

/** An object that a walk has yet to visit. */
interface Visited {
  readonly value: unknown
  readonly before: unknown
  readonly input: unknown
  readonly place: Place
  /** Whether it is below a class instance, where plain objects may form cycles as well. */
  readonly isWithin: boolean
}

/** The class instances, and the objects below them, that a walk has visited: they may form cycles. */
class Instances {
  readonly #met = new Set<object>()

  /** Whether to visit an object. */
  isNew(value: object, isWithin: boolean): boolean {
    if (!isWithin && !isInstance(value)) return true
    if (this.#met.has(value) || this.#met.size >= MAX_INSTANCES) return false
    this.#met.add(value)
    return true
  }
}

/** Returns the entries of an object, list, map or set. */
export function entriesOf(value: object): readonly (readonly [PathSegment, unknown])[] {
  const { keys, values } = contentOf(value)
  return keys.map((key, index) => [key, values[index]])
}

/** Returns the keys and the values of an object, list, map or set. */
function contentOf(value: object): { readonly keys: readonly PathSegment[]; readonly values: readonly unknown[] } {
  if (Array.isArray(value)) return { keys: Array.from(value.keys()), values: value }
  if (value instanceof Map) return { keys: Array.from(value.keys(), String), values: Array.from(value.values()) }
  if (value instanceof Set)
    return { keys: Array.from({ length: value.size }, (_, index) => index), values: Array.from(value) }
  try {
    const keys = Object.keys(value)
    return { keys, values: valuesOf(value as Record<string, unknown>, keys) }
  } catch {
    // A getter that throws has no value to show.
    return { keys: [], values: [] }
  }
}

/** Whether a text has other bytes in Latin-1 than in UTF-8. One expression for both would need quadratic time. */
function isLatin1(text: string): boolean {
  return /[\x80-\xff]/.test(text) && !/[^\0-\xff]/.test(text)
}
