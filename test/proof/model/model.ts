import { isBad } from './content.ts'
import type { Files, Held } from './content.ts'
import { giversOf, invalidParts, isEmptied, isEmpty, isSame, treeOf, valueOf } from './layers.ts'
import type { Layer } from './layers.ts'
import { Reason, hasFiles, isReadable, isTorn, layerOf, stableOf } from './served.ts'
import type { Canary, Code, Read, Served } from './served.ts'
import type { Settings } from './settings.ts'

export type Result = 'changed' | 'unchanged' | 'rejected'

/** What has to happen, by a few rules about contents: without snapshots, revisions, digests, hooks in progress or time. */
export class Model {
  main: Held = { a: 1 }
  second: Held = { a: 2 }
  override: Held = {}
  canary: Canary = { held: {}, share: '100%' }
  hookVetoes = false
  createFails = false
  isGuardWaiting = false
  isStoreBroken = false
  stored: readonly Layer[] | undefined
  /** What the store could not save, and may hold after a while. */
  unsaved: readonly Layer[] | undefined

  settings!: Settings
  hasHook = false
  hasResources = false
  serves: Served | undefined
  version = 0
  rejected: Code | undefined
  guard: 'baking' | 'kept' | 'taken-back' | null = null
  /** Canaries that were there when a storm began: whether they were rejected within it is not known. */
  unsure: Held[] = []
  /** How many updates the guard took back. */
  takenBack = 0
  /** What has baked, while something newer serves. */
  base: Served | undefined
  #mainName = 'main'
  #canaryRead: Canary | undefined
  #refusals: { readonly held: Held; readonly type: 'refused' | 'taken-back' }[] = []
  #takenBack: Files | undefined

  /** A new process. */
  start(settings: Settings): void {
    this.settings = settings
    this.hasHook = this.hasResources = false
    this.serves = this.rejected = this.base = this.#canaryRead = this.#takenBack = this.unsaved = undefined
    this.version = this.takenBack = 0
    this.guard = null
    this.#mainName = 'main'
    this.#refusals = []
    this.unsure = []
    this.check()
  }

  /** Takes what the sources hold: with the canary, and without it when that can't be served. */
  check(): Result {
    const result = this.#check()
    this.#save()
    return result
  }

  #check(): Result {
    const read = this.#read()
    const { canary } = this
    const isKnown = read[0]?.held !== 'gone' && (!isSame(canary.held, {}) || read.every(isReadable))
    if (isKnown) this.#canaryRead = isSame(canary.held, {}) ? undefined : canary
    if (this.#canaryRead?.held !== 'gone') {
      this.#refusals = this.#refusals.filter(({ held }) => held !== 'gone')
    }
    const unread = isKnown && canary.held === 'gone' ? canary.held : undefined
    if (!this.#isTried(read)) return this.#checkStable(read, unread)
    const result = this.#take(() => this.#candidate(this.#withCanary(read), this.serves?.layers, canary.held as Files))
    if (!(result instanceof Reason)) return result
    return result.code === 'TAKEN_BACK' ? this.#reject(read, result) : this.#checkStable(read, canary.held)
  }

  /** The guard's check ends. */
  judge(): void {
    const [bad, good] = [this.serves, this.base]
    if (!bad || !good) return
    this.base = undefined
    this.guard = isBad(bad.value) ? 'taken-back' : 'kept'
    if (!isBad(bad.value)) return this.#save()
    this.serves = good
    this.version++
    this.takenBack++
    this.rejected = undefined
    this.#save()
    if (bad.canary && !isSame(bad.canary, good.canary)) {
      this.#refuse(bad.canary, 'taken-back')
      this.check()
    } else {
      this.#takenBack = treeOf(bad.layers)
      this.rejected = 'TAKEN_BACK'
    }
  }

  /** Whether something is reported of the canary, and what. */
  get canaryState(): 'serving' | 'waiting' | 'refused' | 'taken-back' | null {
    const canary = this.#canaryRead
    if (!canary) return null
    const refusal = this.#refusal
    if (refusal || canary.held === 'gone') return refusal?.type ?? 'refused'
    return isSame(this.serves?.canary, canary.held) ? 'serving' : 'waiting'
  }

  /** Whether health has a reason why something newer is not served. */
  get hasRejection(): boolean {
    return this.rejected !== undefined || this.#refusal !== undefined
  }

  get status(): 'pass' | 'warn' {
    const { serves } = this
    if (!serves || this.hasRejection || serves.isStored || serves.isHeld) return 'warn'
    const isNoShare = this.#canaryRead?.share === 'odd' && this.#canaryRead.held !== 'gone'
    const isUnknown = this.settings.unknown === 'warn' && treeOf(serves.layers).x !== undefined
    const hasNotes = isUnknown || isEmpty(serves.layers[0]?.files ?? {})
    return isNoShare || hasNotes ? 'warn' : 'pass'
  }

  get #refusal(): { readonly type: 'refused' | 'taken-back' } | undefined {
    const canary = this.#canaryRead
    if (!canary || (canary.held !== 'gone' && canary.share !== '100%')) return undefined
    return this.#refusals.find(({ held }) => isSame(held, canary.held))
  }

  #read(): Read[] {
    const { hasFallback, own } = this.settings
    if (this.main !== 'gone') this.#mainName = 'main'
    else if (hasFallback && this.second !== 'gone') this.#mainName = 'second'
    const main = this.main === 'gone' && hasFallback ? this.second : this.main
    const read: Read[] = [
      { source: this.#mainName, held: main },
      { source: 'override', held: this.override },
    ]
    return own ? [...read, { source: 'values', held: own }] : read
  }

  #isTried(read: readonly Read[]): boolean {
    const { held, share } = this.canary
    if (held === 'gone' || isSame(held, {}) || share !== '100%') return false
    if (this.#refusals.some((refusal) => isSame(refusal.held, held))) return false
    // a canary waits while the stable content is what the guard took back
    const isWhole = read.every((one) => isReadable(one) && !isTorn(one.held))
    if (this.#takenBack && isWhole && isSame(treeOf(read.map(layerOf)), this.#takenBack)) return false
    const before = stableOf(this.serves)
    const { acceptsEmptied } = this.settings
    return read.every((one, index) => {
      return isReadable(one) && (acceptsEmptied || hasFiles(one.held) || !hasFiles(before?.[index]?.files))
    })
  }

  #withCanary([main, ...others]: readonly Read[]): Read[] {
    const { held } = this.canary
    return [{ ...(main as Read), held: { ...(main?.held as Files), ...(held as Files) } }, ...others]
  }

  #checkStable(read: readonly Read[], refused: Held | undefined): Result {
    let isNews = false
    const result = this.#take(() => {
      const stable = this.#candidate(read, stableOf(this.serves))
      this.#takenBack = undefined
      isNews = refused !== undefined && this.#refuse(refused, 'refused')
      return stable
    })
    if (result instanceof Reason) return this.#reject(read, result)
    return isNews && result === 'unchanged' ? 'rejected' : result
  }

  /** @returns what can be served of this @throws {Reason} */
  #candidate(read: readonly Read[], served: readonly Layer[] | undefined, canary?: Files): Served {
    const gone = read.filter((one) => !isReadable(one)).map(({ source }) => source)
    const torn = read.filter(({ held }) => isTorn(held)).map(({ source }) => source)
    const faulty = read.find((one) => !isReadable(one) || isTorn(one.held))
    if (faulty) throw new Reason(isReadable(faulty) ? 'SYNTAX' : 'SOURCE', [...gone, ...torn])
    const layers = read.map(({ source, held }, index): Layer => {
      return { source, files: held as Files, ...(index === 0 && canary && { ofCanary: canary }) }
    })
    const isLost = layers.some(({ files }, index) => isEmptied(files, served?.[index]?.files ?? {}))
    if (isLost && !this.settings.acceptsEmptied) throw new Reason('EMPTIED')
    const tree = treeOf(layers)
    const invalid = invalidParts(tree, this.settings.unknown === 'reject')
    if (invalid.length > 0)
      throw new Reason(
        'SCHEMA',
        invalid.map((part) => giversOf(layers, part)[0]?.source ?? ''),
      )
    if (isSame(tree, this.#takenBack)) throw new Reason('TAKEN_BACK')
    const value = valueOf(tree)
    const { c = value.c } = this.settings.holdsC ? (this.serves?.value ?? {}) : {}
    const stable = canary ? this.#stableBeside() : undefined
    return { layers, value: { ...value, c }, isHeld: !isSame(c, value.c), canary, stable }
  }

  /** The stable content beside a canary. Where it can't be parsed, or has lost something, it is that of before. */
  #stableBeside(): readonly Layer[] | undefined {
    const known = stableOf(this.serves)
    const read = this.#read()
    if (read.some(({ held }) => isTorn(held))) return known
    const layers = read.map(layerOf)
    const isLost = layers.some(({ files }, index) => isEmptied(files, known?.[index]?.files ?? {}))
    return isLost && !this.settings.acceptsEmptied ? known : layers
  }

  /** Serves it, unless the program rejects it. @returns why it is not served, or what came of it */
  #take(make: () => Served): Result | Reason {
    let next: Served
    try {
      next = make()
      this.#prepare(next)
    } catch (error) {
      if (error instanceof Reason) return error
      throw error
    }
    const before = this.serves
    this.serves = next
    this.rejected = undefined
    if (before && isSame(before.value, next.value)) return 'unchanged'
    this.version++
    if (before && this.settings.hasGuard) this.#watch(before)
    return 'changed'
  }

  #prepare({ value }: Served): void {
    if (!this.serves || isSame(this.serves.value, value)) return
    if (this.hasHook && this.hookVetoes) throw new Reason('VETO')
    if (this.hasResources && this.createFails && !isSame(this.serves.value.b, value.b)) throw new Reason('RESOURCE')
  }

  #watch(before: Served): void {
    this.base ??= before
    const { canary: good, value } = this.base
    // whoever takes a canary away does not get it back
    const isStill = this.#canaryRead?.share === '100%' && isSame(this.#canaryRead.held, good)
    const isWithdrawn = good !== undefined && !this.serves?.canary && !isStill
    if (isSame(value, this.serves?.value) || isWithdrawn) {
      this.base = undefined
      // the stable content, after a canary that was taken back
      const isStable = this.guard === 'taken-back' && this.#refusal?.type === 'taken-back'
      this.guard = isStable ? 'taken-back' : 'kept'
    } else {
      this.guard = 'baking'
      if (!this.isGuardWaiting) this.judge()
    }
  }

  #refuse(held: Held, type: 'refused' | 'taken-back'): boolean {
    if (type === 'refused' && this.#refusals.some((refusal) => isSame(refusal.held, held))) return false
    this.#refusals = [...this.#refusals.filter((refusal) => !isSame(refusal.held, held)), { held, type }]
    return true
  }

  #reject(read: readonly Read[], reason: Reason): Result {
    if (!this.serves && this.stored && this.settings.hasStore && !this.isStoreBroken)
      this.#startFromStored(read, reason)
    this.rejected = reason.code
    return 'rejected'
  }

  /** What was stored takes the place of the sources that failed, or else of all. */
  #startFromStored(read: readonly Read[], { blamed }: Reason): void {
    const stored = this.stored ?? []
    const places = read.map((one, index) => stored[index] && { source: one.source, held: stored[index].files })
    for (const replaces of [({ source }: Read) => blamed.includes(source), () => true]) {
      const variant = read.map((one, index) => (replaces(one) && places[index]) || one)
      if (isSame(variant, read)) continue
      const result = this.#take(() => ({ ...this.#candidate(variant, undefined), isStored: true }))
      if (!(result instanceof Reason)) return
    }
  }

  /** What has not baked, is a canary's or was stored before is not stored. What can't be is stored later. */
  #save(): void {
    const { serves, base, settings, isStoreBroken } = this
    if (!settings.hasStore || !serves || serves.canary || serves.isStored || base) return
    const layers = serves.layers.filter(({ source }) => source !== 'values')
    this.unsaved = isStoreBroken ? layers : undefined
    if (!isStoreBroken && !this.#hasLost(layers[0])) this.stored = layers
  }

  /** Whether a process started with a source that held something when it was stored. Only the first may not be empty. */
  #hasLost(main: Layer | undefined): boolean {
    if (!main || this.settings.acceptsEmptied || !isEmpty(main.files)) return false
    return this.stored?.some(({ source, files }) => source === main.source && hasFiles(files)) === true
  }
}
