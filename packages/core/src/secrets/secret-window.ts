import { atOnce } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import { valueAt } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import type { CoveredPaths } from './covered-paths.js'
import { LearnedSecrets } from './learned-secrets.js'
import type { LearnedLayer, LearnedPart } from './learned-secrets.js'
import { SecretPaths } from './secret-paths.js'

/** What a value was made from. */
export interface Origin {
  readonly layers: readonly ReadLayer[]
  /** The merged layers. */
  readonly tree: unknown
}

/** As many as the history tells of, and the one before them. */
const MAX_SERVED = 21

/** Updates that were read lately: rejected, or still being prepared. */
const MAX_READ = 20

/** Secrets of earlier updates are kept up to so many characters. Those of the newest always are. */
const MAX_SIZE = 2 * 1024 * 1024

/** Secrets that left the window are forgotten when they are as many as those in it, and at least so many characters. */
const MIN_FORGOTTEN = 64 * 1024

/** An update that is prepared again and again may be made into another value each time. */
const MAX_VALUES = 3

/** What a source gave. */
export interface ReadLayer {
  readonly source: string
  readonly parts: readonly ReadPart[]
}

interface ReadPart {
  readonly tree: unknown
  /** There for a text that may hold secrets which no path names: a document that was not parsed. */
  readonly hint?: object | undefined
  readonly entry: { readonly secret?: boolean; readonly key?: string; readonly path?: readonly string[] }
}

/** What was read at one time, and the values that were made of it. */
export interface Update {
  readonly layers: readonly LearnedLayer[]
  readonly values: Value[]
}

interface Value {
  readonly value: unknown
  /** The merged layers. */
  readonly tree: unknown
}

/**
 * The secrets that foreign texts may still quote: of the snapshots that the history tells of, and of updates that were read
 * since. What is older is forgotten.
 */
export class SecretWindow {
  readonly #covered: CoveredPaths
  readonly #publicNames = new Set<string>()
  readonly #served: Update[] = []
  readonly #read: Update[] = []
  /** Those that are not learned yet, or have another value now. */
  readonly #unlearned = new Set<Update>()
  readonly #updatesOf = new WeakMap<readonly ReadLayer[], Update>()
  readonly #layers = new WeakMap<ReadLayer, LearnedLayer>()
  readonly #parts = new WeakMap<ReadPart, LearnedPart>()
  #learned: LearnedSecrets
  /** What `#learned` has seen: updates, and values. */
  #seen = new WeakSet<object>()
  /** The size of `#learned` when it was last made anew. */
  #sizeThen = 0
  #timesForgotten = 0

  constructor(covered: CoveredPaths) {
    this.#covered = covered
    this.#learned = new LearnedSecrets(covered, this.#publicNames)
  }

  /** Takes keys for no secrets wherever they are. */
  addPublicNames(names: readonly string[]): void {
    for (const name of names) this.#publicNames.add(name)
  }

  isPublicName(name: string): boolean {
    return this.#publicNames.has(name)
  }

  /** Learns what was read. */
  *read(layers: readonly ReadLayer[]): Walk<void> {
    const update = this.#updateOf(layers)
    keep(this.#read, update, MAX_READ)
    this.#unlearned.add(update)
    yield* this.#catchUp()
    const { size } = this.#learned
    const isTooMuch = size > MAX_SIZE && size > this.#sizeThen * 1.25
    if (isTooMuch || size > this.#sizeThen * 2 + MIN_FORGOTTEN) yield* this.#forget()
  }

  /** Learns what was made of it. Code of the program is about to see that. */
  made(value: unknown, { layers, tree }: Origin): Update {
    const update = this.#updateOf(layers)
    keep(this.#read, update, MAX_READ)
    if (!update.values.some((known) => known.value === value)) update.values.push({ value, tree })
    if (update.values.length > MAX_VALUES) update.values.shift()
    this.#unlearned.add(update)
    return update
  }

  /** The same for a value that serves from now on. */
  serves(value: unknown, origin: Origin): Update {
    const update = this.made(value, origin)
    keep(this.#served, update, MAX_SERVED)
    return update
  }

  /** All secrets of the window. */
  get learned(): LearnedSecrets {
    atOnce(this.#catchUp())
    return this.#learned
  }

  /** Another one whenever there may be more secrets. */
  get knowledge(): string {
    return `${this.#timesForgotten} ${this.learned.secrets}`
  }

  /** Whether an update gives a key at a path itself, in a part that is no secret. */
  gives(path: readonly PathSegment[]): boolean {
    return Array.from(this.#updates).some(({ layers, values }) => {
      const trees = layers.flatMap(({ parts }) => parts.flatMap(({ isSecret, tree }) => (isSecret ? [] : [tree])))
      const given = layers.length > 0 ? trees : values.map(({ value }) => value)
      return given.some((tree) => valueAt(tree, path) !== undefined)
    })
  }

  /** Learns an update again that left the window. */
  recall(update: Update): void {
    atOnce(learn(update, this.#learned, this.#seen))
  }

  /** Where the secret entries of one update gave values. */
  secretPathsOf({ layers }: Update): SecretPaths {
    const paths = new SecretPaths()
    for (const { parts } of layers) for (const { isSecret, tree } of parts) if (isSecret) paths.addTree(tree)
    return paths
  }

  /** The secrets of one update alone. */
  learnedOf({ layers, values }: Update): LearnedSecrets {
    const learned = new LearnedSecrets(this.#covered, this.#publicNames)
    atOnce(learned.addLayers(layers))
    for (const { value, tree } of values) atOnce(learned.addValue(value, tree))
    return learned
  }

  #updateOf(layers: readonly ReadLayer[]): Update {
    const update = this.#updatesOf.get(layers) ?? { layers: layers.map((layer) => this.#slimLayer(layer)), values: [] }
    this.#updatesOf.set(layers, update)
    return update
  }

  /** The same object for the same layer, so that it is not walked again. */
  #slimLayer(layer: ReadLayer): LearnedLayer {
    return remembered(this.#layers, layer, ({ source, parts }) => ({
      source,
      parts: parts.map((part) => remembered(this.#parts, part, learnedPart)),
    }))
  }

  get #updates(): Set<Update> {
    return new Set([...this.#served, ...this.#read])
  }

  *#catchUp(): Walk<void> {
    for (const update of this.#unlearned) {
      yield* learn(update, this.#learned, this.#seen)
      this.#unlearned.delete(update)
    }
  }

  /** Learns anew what is in the window, the newest first. */
  *#forget(): Walk<void> {
    const learned = new LearnedSecrets(this.#covered, this.#publicNames)
    const seen = new WeakSet<object>()
    const newest = new Set([this.#served.at(-1), this.#read.at(-1)].filter((update) => update !== undefined))
    const dropped = new Set<Update>()
    for (const update of new Set([...newest, ...Array.from(this.#updates).toReversed()])) {
      if (learned.size > MAX_SIZE && !newest.has(update)) dropped.add(update)
      else yield* learn(update, learned, seen)
    }
    for (const list of [this.#served, this.#read]) {
      const kept = list.filter((update) => !dropped.has(update))
      list.splice(0, list.length, ...kept)
    }
    this.#learned = learned
    this.#seen = seen
    this.#sizeThen = learned.size
    this.#timesForgotten++
  }
}

function* learn(update: Update, learned: LearnedSecrets, seen: WeakSet<object>): Walk<void> {
  if (!seen.has(update)) {
    yield* learned.addLayers(update.layers)
    seen.add(update)
  }
  for (const made of update.values) {
    if (seen.has(made)) continue
    yield* learned.addValue(made.value, update.layers.length > 0 ? made.tree : undefined)
    seen.add(made)
  }
}

function learnedPart({ tree, entry, hint }: ReadPart): LearnedPart {
  const isHidden = hint !== undefined && entry.secret !== true
  const name = entry.key ?? (entry.path ?? []).join('.')
  return { tree, isSecret: entry.secret === true || isHidden, isHidden, name }
}

/** What was made of an object, made once. */
function remembered<O extends object, R>(made: WeakMap<O, R>, object: O, make: (object: O) => R): R {
  const result = made.get(object) ?? make(object)
  made.set(object, result)
  return result
}

function keep(list: Update[], update: Update, max: number): void {
  const index = list.indexOf(update)
  if (index >= 0) list.splice(index, 1)
  list.push(update)
  if (list.length > max) list.shift()
}
