import type { ObjectList, WatchEvent } from './collection.js'
import type { HeldObject } from './held-object.js'

/** The objects as last seen. Knows the last ones when all are gone. */
export class Store {
  #version: string | undefined
  #present: ReadonlyMap<string, HeldObject> = new Map()
  #served: readonly HeldObject[] = []
  #goneSince: Date | undefined

  /** The version of the newest that came; nothing before the first list. */
  get version(): string | undefined {
    return this.#version
  }

  /** The objects, or the last ones there were. Empty when there never were any. */
  get objects(): readonly HeldObject[] {
    return this.#served
  }

  /** Since when it is known that no object is there any more. */
  get goneSince(): Date | undefined {
    return this.#goneSince
  }

  /** Takes a whole list in place of what was there. @returns whether that makes a difference */
  replace({ version, objects }: ObjectList): boolean {
    this.#version = version
    return this.#take(new Map(objects.map((object) => [object.name, object])))
  }

  /** Takes one event, unless it or a newer one came before. @returns whether that makes a difference */
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
        return known?.uid === uid && known.version === version
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
 * Versions are numbers that count up through all objects of a kind. The API promises that by now; should a server give
 * other names, then all that is known is whether two are the same.
 */
function isNewer(version: string, than: string): boolean {
  const comparable = /^\d+$/.test(version) && /^\d+$/.test(than)
  return comparable ? BigInt(version) > BigInt(than) : version !== than
}
