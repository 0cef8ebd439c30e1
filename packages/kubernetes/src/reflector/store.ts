import type { ObjectList, WatchEvent } from './collection.js'
import type { HeldObject } from './held-object.js'

/** The objects as last seen. When all of them are gone, it still has the last ones. */
export class Store {
  #version: string | undefined
  #present: ReadonlyMap<string, HeldObject> = new Map()
  #served: readonly HeldObject[] = []
  #goneSince: Date | undefined

  /** The newest version seen, `undefined` before the first list. */
  get version(): string | undefined {
    return this.#version
  }

  /** The objects, or the last ones when all are gone. Empty when there never were any. */
  get objects(): readonly HeldObject[] {
    return this.#served
  }

  /** Since when all objects are known to be gone. */
  get goneSince(): Date | undefined {
    return this.#goneSince
  }

  /** Replaces all objects by those of a list. @returns whether anything differs */
  replace({ version, objects }: ObjectList): boolean {
    this.#version = version
    return this.#take(new Map(objects.map((object) => [object.name, object])))
  }

  /** Applies an event, unless it or a newer one was applied before. @returns whether anything differs */
  apply(event: WatchEvent): boolean {
    if (this.#version !== undefined && !isNewer(event.version, this.#version)) return false
    this.#version = event.version
    if (event.type === 'bookmark') return false
    const present = new Map(this.#present)
    const { object } = event
    if (event.type === 'set') present.set(object.name, object)
    else present.delete(object.name)
    return this.#take(present)
  }

  #take(present: ReadonlyMap<string, HeldObject>): boolean {
    const before = this.#present
    this.#present = present
    const same =
      present.size === before.size &&
      Array.from(present.values()).every(({ name, uid, version }) => {
        const known = before.get(name)
        return known !== undefined && known.uid === uid && known.version === version
      })
    if (same) return false
    if (present.size > 0) {
      this.#served = Array.from(present.values())
      this.#goneSince = undefined
    } else {
      this.#goneSince = new Date()
    }
    return true
  }
}

/**
 * Versions are numbers that increase through all objects of a kind. Newer API servers promise that. Versions of another
 * shape can only be compared for equality.
 */
function isNewer(version: string, than: string): boolean {
  const comparable = /^\d+$/.test(version) && /^\d+$/.test(than)
  return comparable ? BigInt(version) > BigInt(than) : version !== than
}
