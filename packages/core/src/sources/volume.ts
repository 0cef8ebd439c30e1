import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'

import { mayPass, tryAgain } from '../async/try-again.js'
import { codeOf } from '../errors/thrown.js'
import { messageOf } from '../errors/errors.js'
import { readOptions } from '../errors/option-checks.js'
import type { OptionsOf, TableOf } from '../errors/option-checks.js'
import { PATH, boolean, bytes, textOf } from '../errors/option-kinds.js'
import { ABSENT } from './absent.js'
import { hintAt } from './default-path.js'
import { FormatChoice } from './files/format-choice.js'
import { isFolder } from './files/is-folder.js'
import { KeyChoice } from './files/key-choice.js'
import { KEY_OPTIONS, describeMissing, requiredKeys } from './files/key-options.js'
import type { KeyOptions } from './files/key-options.js'
import { checkMounts } from './files/mounts.js'
import type { Updatability } from './files/mounts.js'
import { KEEPS_CHANGING, MovingFiles } from './files/moving-files.js'
import { MAX_FILE_BYTES } from './files/read-file.js'
import { FolderReading, KeyError, isInternal } from './files/read-folder.js'
import { readVolume, updateOf } from './files/read-volume.js'
import { DATA } from './files/resolve-path.js'
import { settle } from './files/settle.js'
import { Surveyor } from './files/survey.js'
import type { Survey } from './files/survey.js'
import type { PlainFile } from './files/walk-folder.js'
import { watchPlaces } from './files/watch-places.js'
import type { FileEntry, Reading, Source, Watch, WatchContext } from './source.js'

export interface VolumeOptions extends KeyOptions {
  /** The maximum size of a file, in bytes. Default 4 MiB. */
  readonly maxBytes?: number | undefined
  /** Whether all values in the volume are secret, as in a mounted Secret. Default `false`. */
  readonly secret?: boolean | undefined
}

const OPTIONS = {
  ...KEY_OPTIONS,
  maxBytes: bytes(MAX_FILE_BYTES),
  secret: boolean(false),
} satisfies TableOf<VolumeOptions>

const folderOf = textOf('the folder where it is mounted, such as "/etc/config"', PATH)

/**
 * A folder where Kubernetes mounts a ConfigMap or a Secret. Each file is a key, and all keys are read from one update.
 *
 * A folder without `..data` is read as a plain folder: its files, the folders below it, links to folders inside it, and
 * volumes mounted below it. Each of these volumes is read from one update.
 *
 * @throws {OptionError} for an invalid folder, and for unknown or invalid options
 */
export function volume(folder: string, options: VolumeOptions = {}): Source {
  const root = resolve(folderOf.required(folder, 'folder'))
  const mounted = new Volume(root, readOptions(options, OPTIONS))
  // Arrow functions keep working when the object is destructured or spread.
  return {
    name: `volume:${root}`,
    read: (signal) => mounted.read(signal),
    watch: (context) => mounted.watch(context),
  }
}

class Volume {
  readonly #root: string
  readonly #options: OptionsOf<typeof OPTIONS>
  readonly #choice: KeyChoice
  readonly #formats: FormatChoice
  readonly #surveyor: Surveyor
  /** The entries of the last reading. */
  #known: ReadonlyMap<string, FileEntry> = new Map()
  /** The files of the last reading that lie there plainly, as they were. */
  #settled: ReadonlySet<string> | undefined
  #updatability: Updatability | undefined
  /** Whether it was there: then that something is missing is probably a replacement that is not finished. */
  #wasThere = false

  constructor(root: string, options: OptionsOf<typeof OPTIONS>) {
    this.#root = root
    this.#options = options
    this.#choice = new KeyChoice(options.keys, options.ignore)
    this.#formats = new FormatChoice(options.formats)
    this.#surveyor = new Surveyor(root, this.#choice, options.required !== false)
  }

  async read(signal: AbortSignal): Promise<Reading> {
    try {
      return await tryAgain(
        () => this.#readOnce(signal),
        (error) => this.#mayPass(causeOf(error)),
        signal,
      )
    } catch (error) {
      if (error instanceof KeyError) throw error.with(`leave it out with ignore: ['${error.key}']`)
      if (codeOf(error) === 'ENOTDIR' && isFolder(this.#root) === false) {
        throw new Error('expected a folder: use file() for a file', { cause: error })
      }
      if (this.#options.required || !(error instanceof NoFolderError)) throw error
      this.#wasThere = false
      return ABSENT
    }
  }

  watch(context: WatchContext): Watch {
    return watchPlaces({
      ...context,
      places: () => this.#surveyor.places(),
      currentStamp: () => {
        const survey = this.#surveyor.survey()
        if (survey)
          return stampOf(
            survey.files,
            survey.volumes.map(({ prefix, folder }) => prefix + updateOf(folder)),
          )
        if (this.#options.required) throw new Error('is not there')
        return ABSENT.stamp
      },
      isFixed: () => this.#updatability?.isFixed === true,
    })
  }

  #mayPass(error: unknown): boolean {
    return mayPass(error) || (this.#wasThere && codeOf(error) === 'ENOENT')
  }

  async #readOnce(signal: AbortSignal): Promise<Reading> {
    const moving = new MovingFiles()
    for (;;) {
      signal.throwIfAborted()
      const survey = this.#surveyor.survey()
      this.#wasThere ||= survey !== undefined
      const reading = survey ? await this.#readAll(survey, moving, signal) : this.#failMissing()
      if (reading) return reading
    }
  }

  /**
   * @returns `undefined` when files changed while they were read
   * @throws {KeyError} for one that keeps changing
   */
  async #readAll(survey: Survey, moving: MovingFiles, signal: AbortSignal): Promise<Reading | undefined> {
    const { keys, required, maxBytes, secret } = this.#options
    const options = { choice: this.#choice, formats: this.#formats, maxBytes, secret, known: this.#known }
    let entries = new Map<string, FileEntry>()
    if (survey.files.length > 0 || survey.volumes.length === 0) {
      const paths = survey.files.map(({ key }) => key)
      const reading = new FolderReading(this.#root, options, '', paths)
      while (!reading.readSlice()) await setImmediate()
      const settled = this.#settled
      const changed = settled ? survey.files.filter((file) => !settled.has(stampOfFile(file))) : survey.files
      await settle(changed, settled === undefined, signal)
      const now = this.#surveyor.survey()
      if (!now) return undefined
      const moved = movedFiles(survey.files, now.files)
      if (moved.length > 0) {
        const restless = moving.note((key) => reading.entries.get(key)?.bytes, moved)
        if (!restless) return undefined
        const [key] = restless
        if (key !== undefined) throw new KeyError(key, new Error(KEEPS_CHANGING))
      }
      entries = reading.entries
    }
    const updates: string[] = []
    const volumes = [...survey.updates]
    for (const volume of survey.volumes) {
      const { update, entries: read } = await readVolume(volume, options, signal)
      updates.push(volume.prefix + update)
      volumes.push({ folder: volume.folder, update })
      if (entries.size === 0) entries = read
      else for (const [key, entry] of read) entries.set(key, entry)
    }
    const needed = requiredKeys(keys, required)
    const missing =
      needed.length > 0 && describeMissing(needed, this.#choice, Array.from(entries.keys()), () => this.#names())
    if (missing) throw new Error(missing)
    this.#known = entries
    this.#settled = new Set(survey.files.map(stampOfFile))
    this.#updatability ??= checkMounts(this.#root)
    const { isFixed: _, ...updatability } = this.#updatability ?? {}
    const stamp = stampOf(survey.files, updates)
    const isOneVolume = survey.files.length === 0 && updates.length === 1
    const revision = isOneVolume ? stamp : digestOf(entries)
    return {
      revision,
      // The kubelet names the folder of an update after the time, so the name reveals nothing about the content.
      opaqueRevision: isOneVolume,
      stamp,
      volumes,
      entries: Array.from(entries.values()),
      canIgnore: true,
      mayBeEmpty: required === false,
      ...updatability,
    }
  }

  #failMissing(): undefined {
    try {
      // The error of the system describes best what is wrong.
      readdirSync(this.#root)
    } catch (error) {
      const message = `${messageOf(error)}; is the ConfigMap or Secret mounted there?${hintAt(this.#root)}`
      throw new NoFolderError(message, { cause: error })
    }
  }

  /** Returns the names of all files and folders, chosen or not. Those of folders end with `/`. */
  #names(): string[] {
    const volume = this.#surveyor.survey()?.volumes.find(({ prefix }) => prefix === '')
    const folder = volume ? join(volume.folder, DATA, volume.below) : this.#root
    const names = readdirSync(folder).filter((name) => !isInternal(name))
    return names.map((name) => (isFolder(join(folder, name)) ? `${name}/` : name))
  }
}

class NoFolderError extends Error {}

/** What the system threw. */
function causeOf(error: unknown): unknown {
  return error instanceof KeyError || error instanceof NoFolderError ? error.cause : error
}

/** Returns another text whenever a file was written or replaced, or a volume was updated. */
function stampOf(files: readonly PlainFile[], updates: readonly string[]): string {
  return [...files.map(stampOfFile), ...updates].join('\n')
}

function stampOfFile({ key, ino, size, mtimeMs, ctimeMs }: PlainFile): string {
  return [key, ino, size, mtimeMs, ctimeMs].join(':')
}

/** The keys of files that were written, replaced, added or removed. */
function movedFiles(before: readonly PlainFile[], now: readonly PlainFile[]): string[] {
  const gone = new Map(before.map((file) => [stampOfFile(file), file.key]))
  const come = now.filter((file) => !gone.delete(stampOfFile(file)))
  return [...new Set([...gone.values(), ...come.map(({ key }) => key)])]
}

function digestOf(entries: ReadonlyMap<string, FileEntry>): string {
  const digest = createHash('sha256')
  for (const key of Array.from(entries.keys()).sort()) {
    const { bytes } = entries.get(key) as FileEntry
    digest.update(`${key}\0${bytes.length}\0`).update(bytes)
  }
  return `sha256:${digest.digest('hex')}`
}
