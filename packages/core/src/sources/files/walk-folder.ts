import { readdirSync, readlinkSync, statSync } from 'node:fs'
import type { Dirent, Stats } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'

import { codeOf } from '../../errors/thrown.js'
import type { VolumeUpdate } from '../source.js'
import type { KeyChoice } from './key-choice.js'
import { Places } from './places.js'
import { KeyError, MAX_FILES, isInternal } from './read-folder.js'
import type { MountedVolume } from './read-volume.js'
import { DATA, resolvePath } from './resolve-path.js'

/** A folder that ext file systems create at the root of a disk. Only root can read it. */
const LOST_AND_FOUND = 'lost+found'

/** The maximum number of folders. A folder takes longer than a file, and links can turn a few folders into millions. */
const MAX_FOLDERS = 1_000

export interface PlainFile {
  readonly key: string
  readonly ino: number
  readonly size: number
  readonly mtimeMs: number
  readonly ctimeMs: number
}

/** The content of a plain folder, which is not a volume itself. */
export interface FolderWalk {
  /** Sorted by their keys. */
  readonly files: readonly PlainFile[]
  readonly volumes: readonly MountedVolume[]
  /** The updates of volumes that contain the targets of links. */
  readonly updates: readonly VolumeUpdate[]
}

/**
 * Searches a folder for files, links to files, folders, links to folders inside it, and volumes that are mounted at it
 * or below. Volumes are only listed, since they are read by rules of their own.
 *
 * @param root a path without links
 * @param places receives the folders and names to watch for changes
 * @throws {KeyError} for a folder that can't be read, and for a link to a folder outside
 */
export function walkFolder(root: string, choice: KeyChoice, places: Places = new Places()): FolderWalk {
  const walk = new Walk(root, choice, places)
  walk.visit(root, '', [])
  walk.files.sort((a, b) => (a.key < b.key ? -1 : 1))
  return walk
}

/** Returns a volume that is limited to the part at a path. */
export function volumeBelow({ folder, update }: VolumeUpdate, real: string): Omit<MountedVolume, 'prefix'> {
  return { folder, below: relative(resolve(folder, update), real) }
}

const TYPED = { withFileTypes: true } as const

class Walk implements FolderWalk {
  readonly files: PlainFile[] = []
  readonly volumes: MountedVolume[] = []
  readonly updates: VolumeUpdate[] = []
  readonly #root: string
  readonly #choice: KeyChoice
  readonly #places: Places
  #entries = 0
  #folders = 0

  constructor(root: string, choice: KeyChoice, places: Places) {
    this.#root = root
    this.#choice = choice
    this.#places = places
  }

  /** @param around the ids of the parent folders, see {@link idOf} */
  visit(folder: string, prefix: string, around: readonly string[]): void {
    const id = idOf(statSync(folder))
    // A link that leads back to a parent folder would never end.
    if (around.includes(id)) return
    if (++this.#folders > MAX_FOLDERS) throw new Error(`holds more than ${MAX_FOLDERS} folders`)
    if (isVolume(folder)) {
      this.#visitVolume(folder, prefix, [...around, id])
      return
    }
    this.#places.add(folder, (name) => name === DATA || this.#concerns(prefix + name, name))
    for (const found of readdirSync(folder, TYPED)) {
      const key = prefix + found.name
      if (!this.#concerns(key, found.name)) continue
      if (++this.#entries > MAX_FILES) throw new Error(`holds more than ${MAX_FILES} files`)
      try {
        this.#take(found, join(folder, found.name), key, [...around, id])
      } catch (error) {
        throw error instanceof KeyError ? error : new KeyError(key, error)
      }
    }
  }

  /** A real folder beside `..data` is a mount point: for another volume, or for data of the application. */
  #visitVolume(folder: string, prefix: string, around: readonly string[]): void {
    this.volumes.push({ folder, below: '', prefix })
    this.#places.add(folder, (name) => name === DATA)
    for (const found of readdirSync(folder, TYPED)) {
      const key = prefix + found.name
      const below = join(folder, found.name)
      if (!found.isDirectory() || isInternal(found.name) || !this.#choice.enters(key)) continue
      try {
        if (isVolume(below)) this.visit(below, `${key}/`, around)
      } catch (error) {
        throw error instanceof KeyError ? error : new KeyError(key, error)
      }
    }
  }

  /** Whether a name may belong to something to read. */
  #concerns(key: string, name: string): boolean {
    if (isInternal(name) || (isHidden(name) && !this.#choice.names(key))) return false
    return this.#choice.takes(key) || this.#choice.enters(key)
  }

  #take(found: Dirent, path: string, key: string, around: readonly string[]): void {
    if (found.isDirectory()) {
      if (found.name !== LOST_AND_FOUND && this.#choice.enters(key)) this.visit(path, `${key}/`, around)
      return
    }
    const stats = statSync(path)
    if (found.isSymbolicLink()) this.#follow(path, key, stats, around)
    else this.#addFile(key, stats)
  }

  #follow(path: string, key: string, stats: Stats, around: readonly string[]): void {
    const { real, turns, volume } = resolvePath(path)
    if (!(stats.isDirectory() ? this.#choice.enters(key) : this.#choice.takes(key)) || real === undefined) return
    this.#places.addAll(turns)
    if (!stats.isDirectory()) {
      if (volume) this.updates.push(volume)
      else this.#places.add(dirname(real), (name) => name === basename(real))
      this.#addFile(key, stats)
    } else if (volume && isAtOrBelow(volume.folder, this.#root)) {
      this.volumes.push({ ...volumeBelow(volume, real), prefix: `${key}/` })
    } else if (isAtOrBelow(real, this.#root)) {
      this.visit(real, `${key}/`, around)
    } else {
      throw new Error('is a link to a folder outside: make that folder a source of its own')
    }
  }

  #addFile(key: string, { ino, size, mtimeMs, ctimeMs }: Stats): void {
    if (this.#choice.takes(key)) this.files.push({ key, ino, size, mtimeMs, ctimeMs })
  }
}

/** @throws when that can't be found out: a volume that is taken for a plain folder may be read torn, or not at all */
function isVolume(folder: string): boolean {
  try {
    readlinkSync(join(folder, DATA))
    return true
  } catch (error) {
    if (NO_LINK.has(codeOf(error) ?? '')) return false
    throw error
  }
}

/** What the system says of a path that is no link. */
const NO_LINK = new Set(['ENOENT', 'EINVAL', 'ENOTDIR'])

/** Whether a name belongs to a file of an editor or of version control, or to an example, and not to configuration. */
function isHidden(name: string): boolean {
  const isDotenv = /^\..*\.env$|^\.env(?:\.|$)/i.test(name) && !NO_DOTENV.test(name)
  return (name.startsWith('.') && !isDotenv) || name.endsWith('~')
}

const NO_DOTENV = /\.(?:sw[a-p]|bak|old|orig|example|sample|template|dist)$/i

function idOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`
}

function isAtOrBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`)
}
