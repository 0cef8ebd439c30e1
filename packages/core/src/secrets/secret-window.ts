import { atOnce } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import { valueAt } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import type { CoveredPaths } from './covered-paths.js'
import { LearnedSecrets } from './learned-secrets.js'
import type { LearnedLayer, LearnedPart } from './learned-secrets.js'
import { SecretPaths } from './secret-paths.js'

/** The layers and the tree that a value came from. */
export interface Origin {
  readonly layers: readonly ReadLayer[]
  /** The merged layers. */
  readonly tree: unknown
}

/** The number of served updates in the window: those in the history, and the one before them. */
const MAX_SERVED = 21

/** The number of recently read updates in the window. They were rejected or are still being prepared. */
const MAX_READ = 20

/**
 * The maximum size of all secrets from earlier updates, in characters. Secrets of the newest update are always kept.
 */
const MAX_SIZE = 2 * 1024 * 1024

/**
 * Secrets outside the window are forgotten when they are as large as those in it, and have at least this many
 * characters.
 */
const MIN_FORGOTTEN = 64 * 1024

/** The maximum number of values of one update. Each time that it is prepared, the schema may return another value. */
const MAX_VALUES = 3

/** A layer that was read. */
export interface ReadLayer {
  readonly source: string
  readonly parts: readonly ReadPart[]
}

/** A layer, and the revision of the source that it was read from. */
export interface ParsedLayer {
  readonly layer: ReadLayer
  readonly revision: string
}

interface ReadPart {
  readonly tree: unknown
  /** Set for a document that was read as text. It may contain secrets that no path covers. */
  readonly hint?: object | undefined
  readonly entry: { readonly secret?: boolean; readonly key?: string; readonly path?: readonly string[] }
}

/** The layers of one check, and the values that a schema returned for them. */
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
 * The secrets that foreign texts may still quote: those of the snapshots in the history, and of updates that were read
 * later. Older ones are forgotten.
 */
export class SecretWindow {
  readonly #covered: CoveredPaths
  readonly #publicNames = new Set<string>()
  readonly #served: Update[] = []
  readonly #read: Update[] = []
  /** Layers that are learned when a text has to be checked. */
  readonly #later: (readonly ReadLayer[])[] = []
  /** The updates that are not learned yet, or that have a new value. */
  readonly #unlearned = new Set<Update>()
  readonly #updatesOf = new WeakMap<readonly ReadLayer[], Update>()
  readonly #layers = new WeakMap<ReadLayer, LearnedLayer>()
  readonly #hasRead = new WeakSet<ReadLayer>()
  readonly #parts = new WeakMap<ReadPart, LearnedPart>()
  #learned: LearnedSecrets
  /** The updates and values that `#learned` contains. */
  #seen = new WeakSet<object>()
  /** The size of `#learned` when it was created. */
  #sizeThen = 0
  #timesForgotten = 0

  constructor(covered: CoveredPaths) {
    this.#covered = covered
    this.#learned = new LearnedSecrets(covered, this.#publicNames)
  }

  /** Adds keys that are never secret themselves. */
  addPublicNames(names: readonly string[]): void {
    for (const name of names) this.#publicNames.add(name)
  }

  isPublicName(name: string): boolean {
    return this.#publicNames.has(name)
  }

  /** Learns layers that were read. */
  *read(layers: readonly ReadLayer[]): Walk<void> {
    this.#add(layers)
    yield* this.#catchUp()
    for (const layer of layers) this.#hasRead.add(layer)
    const { size } = this.#learned
    const isTooMuch = size > MAX_SIZE && size > this.#sizeThen * 1.25
    if (isTooMuch || size > this.#sizeThen * 2 + MIN_FORGOTTEN) yield* this.#forget()
  }

  /** Learns layers in one piece, as soon as a text has to be checked. */
  readLater(layers: readonly ReadLayer[]): void {
    this.#later.push(layers)
  }

  /** Forgets them. @returns whether they were not learned */
  forgetUnread(): boolean {
    return this.#later.splice(0).length > 0
  }

  /** Whether a layer was learned. */
  hasRead(layer: ReadLayer): boolean {
    return this.#hasRead.has(layer)
  }

  /** Learns a value that a schema returned, before code of the application sees it. */
  made(value: unknown, { layers, tree }: Origin): Update {
    const update = this.#updateOf(layers)
    keep(this.#read, update, MAX_READ)
    if (!update.values.some((known) => known.value === value)) update.values.push({ value, tree })
    if (update.values.length > MAX_VALUES) update.values.shift()
    this.#unlearned.add(update)
    return update
  }

  /** Learns a value that is served from now on. */
  serves(value: unknown, origin: Origin): Update {
    const update = this.made(value, origin)
    keep(this.#served, update, MAX_SERVED)
    return update
  }

  /** All secrets in the window. */
  get learned(): LearnedSecrets {
    atOnce(this.#catchUp())
    return this.#learned
  }

  /** A text that changes whenever there may be more secrets. */
  get knowledge(): string {
    return `${this.#timesForgotten} ${this.learned.secrets}`
  }

  /** Whether an update in the window has a value at this path in a part that is not secret. */
  gives(path: readonly PathSegment[]): boolean {
    return Array.from(this.#updates).some(({ layers, values }) => {
      const trees = layers.flatMap(({ parts }) => parts.flatMap(({ isSecret, tree }) => (isSecret ? [] : [tree])))
      const given = layers.length > 0 ? trees : values.map(({ value }) => value)
      return given.some((tree) => valueAt(tree, path) !== undefined)
    })
  }

  /** Learns an update again, which may have left the window. */
  recall(update: Update): void {
    atOnce(learn(update, this.#learned, this.#seen))
  }

  /** Returns the paths of values from secret entries in one update. */
  secretPathsOf({ layers }: Update): SecretPaths {
    const paths = new SecretPaths()
    for (const { parts } of layers) for (const { isSecret, tree } of parts) if (isSecret) paths.addTree(tree)
    return paths
  }

  /** Does the same for layers that were read. */
  secretPathsIn(layers: readonly ReadLayer[]): SecretPaths {
    return this.secretPathsOf(this.#updateOf(layers))
  }

  /** Returns the secrets of only one update. */
  learnedOf({ layers, values }: Update): LearnedSecrets {
    const learned = new LearnedSecrets(this.#covered, this.#publicNames)
    atOnce(learned.addLayers(layers))
    for (const { value, tree } of values) atOnce(learned.addValue(value, tree))
    return learned
  }

  #add(layers: readonly ReadLayer[]): void {
    const update = this.#updateOf(layers)
    keep(this.#read, update, MAX_READ)
    this.#unlearned.add(update)
  }

  #updateOf(layers: readonly ReadLayer[]): Update {
    return remembered(this.#updatesOf, layers, () => ({
      layers: layers.map((layer) => this.#slimLayer(layer)),
      values: [],
    }))
  }

  /** Returns the same object for the same layer, so that it is not visited again. */
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
    for (const layers of this.#later.splice(0)) this.#add(layers)
    for (const update of this.#unlearned) {
      yield* learn(update, this.#learned, this.#seen)
      this.#unlearned.delete(update)
    }
  }

  /** Replaces the learned secrets by those in the window, the newest first. */
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

/** Returns the result that `make` returned for an object. Calls it only once for each object. */
function remembered<O extends object, R>(made: WeakMap<O, R>, object: O, make: (object: O) => R): R {
  const known = made.get(object)
  if (known !== undefined) return known
  const result = make(object)
  made.set(object, result)
  return result
}

function keep(list: Update[], update: Update, max: number): void {
  const index = list.indexOf(update)
  if (index >= 0) list.splice(index, 1)
  list.push(update)
  if (list.length > max) list.shift()
}
