import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'

import { mayPass, tryAgain } from '../async/try-again.js'
import { codeOf } from '../errors/thrown.js'
import { readOptions } from '../errors/option-checks.js'
import type { OptionsOf, TableOf } from '../errors/option-checks.js'
import { PATH, boolean, bytes, textOf } from '../errors/option-kinds.js'
import { ABSENT } from './absent.js'
import { formatKind } from './format.js'
import type { Format, FormatName } from './format.js'
import { FormatChoice } from './files/format-choice.js'
import { KeyChoice } from './files/key-choice.js'
import { checkMounts } from './files/mounts.js'
import type { Updatability } from './files/mounts.js'
import { KEEPS_CHANGING, MovingFiles } from './files/moving-files.js'
import { Places } from './files/places.js'
import { MAX_FILE_BYTES, NoFileError, readBytes, withFile } from './files/read-file.js'
import { KeyError } from './files/read-folder.js'
import { readVolume } from './files/read-volume.js'
import { resolvePath } from './files/resolve-path.js'
import { settle } from './files/settle.js'
import { volumeBelow } from './files/walk-folder.js'
import { watchPlaces } from './files/watch-places.js'
import type { FileEntry, Reading, Source, VolumeUpdate, Watch, WatchContext } from './source.js'

export interface FileOptions {
  /** With `false`, a missing file counts as empty until it exists. Default `true`. */
  readonly required?: boolean | undefined
  /** The format of the file: the name of a format, or a format of your own. Default: the format of its ending. */
  readonly format?: FormatName | Format | undefined
  /** The maximum size of the file, in bytes. Default 4 MiB. */
  readonly maxBytes?: number | undefined
  /** Whether all values in the file are secret, as in a mounted Secret. Default `false`. */
  readonly secret?: boolean | undefined
}

/** The table of {@link FileOptions}. */
export const FILE_OPTIONS: TableOf<FileOptions, 'required' | 'maxBytes' | 'secret'> = {
  required: boolean(true),
  format: formatKind(),
  maxBytes: bytes(MAX_FILE_BYTES),
  secret: boolean(false),
}

const pathOf = textOf('the path of a file, such as "/etc/config/app.yaml"', PATH)

/**
 * One file, which may be written in place or replaced: it is read again until it did not change during the reading. A
 * file in a ConfigMap volume is read from one update, the same one for all sources on that volume.
 *
 * @throws {OptionError} for an invalid path, and for unknown or invalid options
 */
export function file(path: string, options: FileOptions = {}): Source {
  const absolute = resolve(pathOf.required(path, 'path'))
  const one = new OneFile(absolute, readOptions(options, FILE_OPTIONS))
  // Arrow functions keep working when the object is destructured or spread.
  return {
    name: `file:${absolute}`,
    read: (signal) => one.read(signal),
    watch: (context) => one.watch(context),
  }
}

class OneFile {
  readonly #path: string
  readonly #options: OptionsOf<typeof FILE_OPTIONS>
  #known: ReadonlyMap<string, FileEntry> = new Map()
  /** The stamp of the last reading of a file that lies there plainly. */
  #settled: string | undefined
  #updatability: Updatability | undefined
  /** Whether it was there, or its volume is: then that it is missing is probably a replacement that is not finished. */
  #wasThere = false

  constructor(path: string, options: OptionsOf<typeof FILE_OPTIONS>) {
    this.#path = path
    this.#options = options
  }

  async read(signal: AbortSignal): Promise<Reading> {
    const passes = (error: unknown): boolean => mayPass(error) || (this.#wasThere && codeOf(error) === 'ENOENT')
    try {
      return await tryAgain(() => this.#readOnce(signal), passes, signal)
    } catch (error) {
      if (error instanceof NoFileError && error.isFolder) {
        throw new Error(`${error.message}: use volume() for a folder`, { cause: error })
      }
      if (this.#options.required || codeOf(error) !== 'ENOENT') throw error
      this.#wasThere = false
      return ABSENT
    }
  }

  async #readOnce(signal: AbortSignal): Promise<Reading> {
    const moving = new MovingFiles()
    for (;;) {
      signal.throwIfAborted()
      const { real, volume } = resolvePath(this.#path)
      this.#wasThere ||= real !== undefined || volume !== undefined
      const found = await (volume ? this.#readMounted(volume, real, signal) : this.#readPlain(moving, signal))
      if (!found) continue
      const { bytes, ...rest } = found
      const revision = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
      this.#updatability ??= checkMounts(this.#path)
      const { isFixed: _, ...updatability } = this.#updatability ?? {}
      const { format, secret } = this.#options
      const entry = { key: basename(this.#path), secret, bytes, ...(format !== undefined && { format }) }
      return { revision, ...rest, entries: [entry], mayBeEmpty: !this.#options.required, ...updatability }
    }
  }

  watch(context: WatchContext): Watch {
    return watchPlaces({
      ...context,
      places: () => this.#places(),
      currentStamp: async () => {
        const { real, volume } = resolvePath(this.#path)
        if (real === undefined && !this.#options.required) return ABSENT.stamp
        return volume?.update ?? withFile(this.#path, this.#options.maxBytes, (_handle, stats) => stampOf(stats))
      },
      isFixed: () => this.#updatability?.isFixed === true,
    })
  }

  /**
   * Reads a file that is written in place or replaced.
   *
   * @returns `undefined` when it changed while it was read
   * @throws when it keeps changing
   */
  async #readPlain(moving: MovingFiles, signal: AbortSignal): Promise<Found | undefined> {
    const { bytes, stats } = await withFile(this.#path, this.#options.maxBytes, async (handle, stats) => ({
      bytes: await readBytes(handle, stats, this.#options.maxBytes),
      stats,
    }))
    const stamp = stampOf(stats)
    if (stamp !== this.#settled) await settle([stats], this.#settled === undefined, signal)
    const now = await withFile(this.#path, this.#options.maxBytes, (_handle, stats) => stampOf(stats))
    if (now !== stamp) {
      const restless = moving.note(() => bytes, [this.#path])
      if (!restless) return undefined
      if (restless.length > 0) throw new Error(KEEPS_CHANGING)
    }
    this.#settled = stamp
    return { bytes, stamp }
  }

  /** Reads a file of a volume, which is never written in place. */
  async #readMounted(volume: VolumeUpdate, real: string | undefined, signal: AbortSignal): Promise<Found | undefined> {
    // Opening the file throws the right error, unless the file exists by now.
    if (real === undefined) return withFile(this.#path, this.#options.maxBytes, () => undefined)
    const options = {
      choice: EVERYTHING,
      formats: BY_ENDING,
      maxBytes: this.#options.maxBytes,
      secret: this.#options.secret,
      known: this.#known,
    }
    try {
      const place = { ...volumeBelow(volume, real), isFile: true, prefix: '' }
      const { update, entries } = await readVolume(place, options, signal)
      this.#known = entries
      const bytes = entries.values().next().value?.bytes
      return bytes && { bytes, stamp: update, volumes: [{ folder: volume.folder, update }] }
    } catch (error) {
      throw error instanceof KeyError ? error.cause : error
    }
  }

  #places(): Places {
    const places = new Places()
    try {
      const { real, turns, volume } = resolvePath(this.#path)
      places.addAll(turns)
      // A file in an update of a volume never changes.
      if (real !== undefined && !volume) places.addAll([{ folder: dirname(real), name: basename(real) }])
    } catch {
      // Reading the file reports the reason.
      places.addAll([{ folder: dirname(this.#path), name: basename(this.#path) }])
    }
    return places
  }
}

type Found = Pick<Reading, 'stamp' | 'volumes'> & { readonly bytes: Uint8Array }

const EVERYTHING = new KeyChoice()
const BY_ENDING = new FormatChoice({})

/** Returns another text whenever the file was written. It includes the change time, which programs can't set back. */
function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join('-')
}
