import { readlinkSync, realpathSync } from 'node:fs'

import type { KeyChoice } from './key-choice.js'
import { Places } from './places.js'
import type { MountedVolume } from './read-volume.js'
import { DATA, resolvePath } from './resolve-path.js'
import { volumeBelow, walkFolder } from './walk-folder.js'
import type { FolderWalk } from './walk-folder.js'

/** The files and volumes to read in a folder. None of them has been opened. */
export type Survey = Omit<FolderWalk, 'places'>

/** Finds the content of a folder. A mounted volume is read through its link, a plain folder is searched for files. */
export class Surveyor {
  readonly #root: string
  readonly #choice: KeyChoice
  readonly #isRequired: boolean
  /**
   * Whether `..data` existed before. Then a missing `..data` means a volume that is being removed, not a plain folder.
   */
  #isMounted = false
  /** The volumes at and below the folder. They are found only once, because mounts exist before the process starts. */
  #mounted: { readonly real: string; readonly volumes: readonly MountedVolume[] } | undefined

  /** @param isRequired whether a missing folder is an error */
  constructor(root: string, choice: KeyChoice, isRequired: boolean) {
    this.#root = root
    this.#choice = choice
    this.#isRequired = isRequired
  }

  /** Returns the content of the folder, or `undefined` when it does not exist. @throws when it can't be read */
  survey(): Survey | undefined {
    if (this.#hasData()) return { files: [], volumes: this.#volumes(), updates: [] }
    const { real, volume } = resolvePath(this.#root)
    if (real === undefined) return undefined
    if (!volume) return walkFolder(real, this.#choice)
    return { files: [], volumes: [{ ...volumeBelow(volume, real), prefix: '' }], updates: [] }
  }

  /** Returns the folders and names to watch for changes. */
  places(): Places {
    const places = new Places()
    try {
      const { real, turns, volume } = resolvePath(this.#root)
      places.addAll(turns)
      if (real === undefined) this.#addMissing(places)
      else if (!volume) walkFolder(real, this.#choice, places)
    } catch {
      // Reading the folder reports the reason. Whatever can be watched is still watched.
      this.#addMissing(places)
    }
    return places
  }

  /** Adds the missing folder itself, so that the watch warns about it. */
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
      // An optional volume was removed completely. The next folder at this path may be a plain one.
      if (this.#isMounted && !this.#isRequired && resolvePath(this.#root).real === undefined) this.#isMounted = false
      if (this.#isMounted) throw error
      return false
    }
  }
}
