import { Steps } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import { valuesIf } from '../trees/build-object.js'
import { ownAt } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { isBranch, isPlainObject } from '../trees/tree.js'
import type { CoveredPaths, Place } from './covered-paths.js'
import { SecretPaths } from './secret-paths.js'
import { isTellingKey, secretTexts } from './secret-texts.js'
import { asWritten, spellingsOf } from './spellings.js'
import type { Spelling } from './spellings.js'
import { TextIndex } from './text-index.js'

/** Pieces of a secret of so many characters are found. */
const PIECE_LENGTH = 6

/** A value that a schema made may lead anywhere in the program. */
const MAX_INSTANCES = 10_000

/** What a source gave, as far as secrets go: without the bytes, which would be kept in memory with it. */
export interface LearnedLayer {
  readonly source: string
  readonly parts: readonly LearnedPart[]
}

export interface LearnedPart {
  readonly tree: unknown
  /** Whether everything in it is a secret. */
  readonly isSecret: boolean
  /** Whether it is hidden where it is, and its text nowhere else: most of what a document holds is no secret. */
  readonly isHidden: boolean
  /** What the program or the Secret calls it: a key or a path, which is no part of what it holds. */
  readonly name: string
}

/**
 * The secret texts of several updates, and where secret entries gave them. Only ever learns: to forget, another one is made.
 *
 * Parts that are the same objects as in the update before are not walked again.
 */
export class LearnedSecrets {
  readonly paths: SecretPaths = new SecretPaths()
  readonly #covered: CoveredPaths
  readonly #publicNames: ReadonlySet<string>
  readonly #index = new TextIndex(PIECE_LENGTH)
  /** Whole texts. */
  readonly #texts = new Set<string>()
  /** What was learned last of each source, and of values. */
  readonly #layers: (LearnedLayer | undefined)[] = []
  #value: unknown
  /** By source, whether it gave secrets. */
  readonly #sources = new Map<string, boolean>()
  /** How many secrets were met, the same ones counted again. */
  secrets = 0
  /** How many characters the texts have. */
  size = 0

  /** @param publicNames keys that are no secret, wherever they are */
  constructor(covered: CoveredPaths, publicNames: ReadonlySet<string>) {
    this.#covered = covered
    this.#publicNames = publicNames
  }

  /** Whether a source gave something that is never shown, as far as is known. */
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
   * Learns what a schema made, which may hold instances and lead back to itself.
   *
   * @param input what was learned already, of which the value may have parts
   */
  *addValue(value: unknown, input: unknown): Walk<void> {
    yield* this.#visit({ value, before: this.#value, input, place: this.#covered.root, isWithin: false }, new Steps())
    this.#value = value
  }

  /** Learns a text all of which is secret, such as a file that could not be parsed. */
  *addText(text: string, steps: Steps = new Steps()): Walk<void> {
    if (this.#texts.has(text)) return
    for (const part of secretTexts(text)) {
      if (this.#texts.has(part)) continue
      this.#texts.add(part)
      this.size += part.length
      yield* this.#index.add(Buffer.from(part), steps)
      if (/^[\0-\xff]*[\x80-\xff][\0-\xff]*$/.test(part)) yield* this.#index.add(Buffer.from(part, 'latin1'), steps)
      if (steps.isPauseDue()) yield
    }
  }

  /** Whether a text is a secret as a whole. */
  has(text: string): boolean {
    return this.#texts.has(text)
  }

  /** Which characters of a text belong to secrets, in any spelling; nothing when none do. */
  find(text: string): Uint8Array | undefined {
    return this.#index.isEmpty ? undefined : this.#marksIn(text, spellingsOf(text, this.#index.hasShort))
  }

  /** The same for secrets as they are written, in no other spelling. */
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

  /** Finds what is covered. Skips what is the same object as `before`, or as `input`. */
  *#visit(root: Visited, steps: Steps): Walk<void> {
    const instances = new Instances()
    const pending = [root]
    for (let next = pending.pop(); next; next = pending.pop()) {
      const { value, before, input, place } = next
      if (place.isCovered) {
        yield* this.#addAll(value, before, steps)
      } else if (isBranch(value) && value !== before && value !== input && instances.isNew(value, next.isWithin)) {
        const isWithin = next.isWithin || isInstance(value)
        for (const [key, below, was] of changesIn(value, before)) {
          if (steps.isPauseDue()) yield
          const at = this.#covered.below(place, key)
          if (!at.isCovered && !isBranch(below)) continue
          pending.push({ value: below, before: was, input: input && ownAt(input, key), place: at, isWithin })
        }
      }
    }
  }

  /** Everything that a secret entry gave, and where, which a schema need not say. */
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
    for (const key of Object.keys(value)) {
      if (!names.has(key)) yield* this.#addKey(key, steps)
      const was = ownAt(before, key)
      if (value[key] !== was) yield* this.#addSecret(value[key], was, [...path, key], names, steps)
      if (steps.isPauseDue()) yield
    }
  }

  /** Every text and every key in a value. */
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
      }
    }
  }

  *#addKey(key: string, steps: Steps): Walk<void> {
    if (isTellingKey(key) && !this.#publicNames.has(key)) yield* this.addText(key, steps)
  }
}

/** What a walk has still to do. */
interface Visited {
  readonly value: unknown
  readonly before: unknown
  readonly input: unknown
  readonly place: Place
  /** Whether it is below an instance of a class, where plain objects may lead back to themselves too. */
  readonly isWithin: boolean
}

function isInstance(value: object): boolean {
  return !Array.isArray(value) && !isPlainObject(value)
}

/** The instances that a walk has met, and what is below them: they may lead back to themselves, and anywhere in the program. */
class Instances {
  readonly #met = new Set<object>()

  /** Whether to walk an object. */
  isNew(value: object, isWithin: boolean): boolean {
    if (!isWithin && !isInstance(value)) return true
    if (this.#met.has(value) || this.#met.size >= MAX_INSTANCES) return false
    this.#met.add(value)
    return true
  }
}

type Changed = readonly [key: PathSegment, below: unknown, was: unknown]

/** What an object holds that is not the same as before. */
function changesIn(value: object, before: unknown): readonly Changed[] {
  const entries = entriesOf(value)
  const keys = entries.map(([key]) => key)
  // most of a large object did not change, and reading all its values at once takes a fraction of the time
  const known = isPlainObject(before) ? valuesIf(before, keys) : undefined
  const changed: Changed[] = []
  for (const [index, [key, below]] of entries.entries()) {
    const was = known ? known[index] : ownAt(before, key)
    if (below !== was) changed.push([key, below, was])
  }
  return changed
}

/** What an object of any kind holds. */
export function entriesOf(value: object): readonly (readonly [PathSegment, unknown])[] {
  if (Array.isArray(value)) return Array.from((value as readonly unknown[]).entries())
  if (value instanceof Map) return Array.from(value, ([key, below]) => [String(key), below])
  if (value instanceof Set) return Array.from(value, (item, index) => [index, item])
  try {
    return Object.entries(value)
  } catch {
    // a getter that throws shows nothing
    return []
  }
}
