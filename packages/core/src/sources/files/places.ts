import type { Place } from './resolve-path.js'

/** The folders to watch, each with the names in it that matter. */
export class Places {
  readonly #folders = new Map<string, ((name: string) => boolean)[]>()

  get folders(): ReadonlySet<string> {
    return new Set(this.#folders.keys())
  }

  add(folder: string, concerns: (name: string) => boolean): void {
    const known = this.#folders.get(folder)
    if (known) known.push(concerns)
    else this.#folders.set(folder, [concerns])
  }

  addAll(places: readonly Place[]): void {
    for (const { folder, name } of places) this.add(folder, (changed) => changed === name)
  }

  /** Whether a change of this name matters. */
  concern(folder: string, name: string): boolean {
    return this.#folders.get(folder)?.some((concerns) => concerns(name)) ?? false
  }
}
