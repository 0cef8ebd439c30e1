import { readlinkSync, realpathSync } from 'node:fs'

import type { KeyChoice } from './key-choice.js'
import { Places } from './places.js'
import type { MountedVolume } from './read-volume.js'
import { DATA, resolvePath } from './resolve-path.js'
import { volumeBelow, walkFolder } from './walk-folder.js'
import type { FolderWalk } from './walk-folder.js'

/** What there is to read in a folder, none of it opened. */
export type Survey = Omit<FolderWalk, 'places'>

/** Says what a folder holds: a mounted volume is read by its link, in a plain folder files are found one by one. */
export class Surveyor {
  readonly #root: string
  readonly #choice: KeyChoice
  readonly #isRequired: boolean
  /** Once `..data` was there, its absence is a volume half removed, not a plain and empty folder. */
  #isMounted = false
  /** The volumes at a folder: what is mounted inside of one was there before the process was. */
  #mounted: { readonly real: string; readonly volumes: readonly MountedVolume[] } | undefined

  /** @param isRequired `false`: that nothing is there is no mistake */
  constructor(root: string, choice: KeyChoice, isRequired: boolean) {
    this.#root = root
    this.#choice = choice
    this.#isRequired = isRequired
  }

  /** `undefined` when there is no folder. @throws when it can't be read */
  survey(): Survey | undefined {
    if (this.#hasData()) return { files: [], volumes: this.#volumes(), updates: [] }
    const { real, volume } = resolvePath(this.#root)
    if (real === undefined) return undefined
    if (!volume) return walkFolder(real, this.#choice)
    return { files: [], volumes: [{ ...volumeBelow(volume, real), prefix: '' }], updates: [] }
  }

  /** Where a change of it would be seen. */
  places(): Places {
    const places = new Places()
    try {
      const { real, turns, volume } = resolvePath(this.#root)
      places.addAll(turns)
      if (real === undefined) this.#addMissing(places)
      else if (!volume) walkFolder(real, this.#choice, places)
    } catch {
      // reading says why; what can be watched is watched
      this.#addMissing(places)
    }
    return places
  }

  /** Has the watch say that the folder is not there. */
  #addMissing(places: Places): void {
    if (this.#isRequired) places.add(this.#root, () => true)
  }

  #volumes(): readonly MountedVolume[] {
    const real = realpathSync.native(this.#root)
    if (this.#mounted?.real !== real) this.#mounted = { real, volumes: walkFolder(real, this.#choice).volumes }
    return this.#mounted.volumes
  }

  #hasData(): boolean {
    try {
      readlinkSync(`${this.#root}/${DATA}`)
      return (this.#isMounted = true)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT' && code !== 'EINVAL') throw error
      // the next folder at this path may be a plain one
      if (this.#isMounted && !this.#isRequired && resolvePath(this.#root).real === undefined) this.#isMounted = false
      if (this.#isMounted) throw error
      return false
    }
  }
}
