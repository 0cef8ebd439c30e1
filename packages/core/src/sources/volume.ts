import { createHash } from 'node:crypto'
import { readlinkSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setImmediate, setTimeout as delay } from 'node:timers/promises'

import { readOptions } from '../errors/option-checks.js'
import type { TableOf } from '../errors/option-checks.js'
import { boolean, bytes, textOf } from '../errors/option-kinds.js'
import type { FileEntry, Source } from './source.js'
import { lookAtMounts } from './files/mounts.js'
import type { Updatability } from './files/mounts.js'
import { MAX_FILE_BYTES } from './files/read-file.js'
import { FolderReading, KeyError, listKeys } from './files/read-folder.js'
import type { FolderReadingOptions } from './files/read-folder.js'
import { settle } from './files/settle.js'
import { watchFolder } from './files/watch-folder.js'

export interface VolumeOptions {
  /** The largest file that is read, in bytes. Default 4 MiB. */
  readonly maxBytes?: number | undefined
  /** Whether nothing of it may ever be shown, as for a mounted Secret. Default `false`. */
  readonly secret?: boolean | undefined
}

const OPTIONS = { maxBytes: bytes(MAX_FILE_BYTES), secret: boolean(false) } satisfies TableOf<VolumeOptions>

const folderOf = textOf('the folder where it is mounted, such as "/etc/config"')

/** The link that the kubelet renames over to publish an update. */
const DATA = '..data'

/** The kubelet empties an optional volume whose ConfigMap was deleted. */
const EMPTY = 'holds no keys: its ConfigMap or Secret is empty, or gone'

/** What to look for when the folder is not there. */
const ABSENT = 'is the ConfigMap or Secret mounted there?'

/** How often, and how many milliseconds apart, a file of a plain folder that is gone is looked for again. */
const MAX_ATTEMPTS = 5
const ATTEMPT_MS = 20

/**
 * A folder into which Kubernetes mounts a ConfigMap or a Secret: one key per file.
 *
 * The kubelet writes each update to a new folder and then renames a link, `..data`, over the one before; that rename is
 * the update. So the link is read once and the files below what it points to; when it changed meanwhile, what was read
 * may be half gone already and is read again. The links beside `..data` are never looked at: kubelets differ in when
 * they make them.
 * See https://github.com/kubernetes/kubernetes/blob/master/pkg/volume/util/atomic_writer.go
 *
 * A folder without `..data` is read as it is, for development.
 *
 * @throws {OptionError} for a folder or options that make no sense
 */
export function volume(folder: string, options: VolumeOptions = {}): Source {
  const root = resolve(folderOf.required(folder, 'folder'))
  const { maxBytes, secret } = readOptions(options, OPTIONS)
  const link = `${root}/${DATA}`
  /** What the last reading gave. */
  let known: ReadonlyMap<string, FileEntry> = new Map()
  /** Once `..data` was there, its absence is a volume half removed, not a plain and empty folder. */
  let mounted = false
  let updatability: Updatability | undefined

  const target = (): string | undefined => {
    try {
      const linked = readlinkSync(link)
      mounted = true
      return linked
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (!mounted && (code === 'ENOENT' || code === 'EINVAL')) return undefined
      throw error
    }
  }

  return {
    name: `volume:${root}`,

    async read(signal) {
      for (;;) {
        signal.throwIfAborted()
        const revision = target()
        if (revision === undefined) {
          const plain = await readPlainFolder(root, { ignore: isHidden, maxBytes, secret, known }, signal)
          known = plain.entries
          return { ...plain, entries: Array.from(known.values()), ...(updatability ??= lookAtMounts(root)) }
        }
        try {
          const reading = new FolderReading(revision.startsWith('/') ? revision : `${root}/${revision}`, {
            ignore: isInternal,
            maxBytes,
            secret,
            known,
          })
          while (!reading.readSlice()) await setImmediate()
          if (target() !== revision) continue
          known = reading.entries
          const entries = Array.from(known.values())
          updatability ??= lookAtMounts(root)
          const empty = entries.length === 0 && { warnings: [EMPTY] }
          return { revision, opaqueRevision: true, stamp: revision, entries, ...empty, ...updatability }
        } catch (error) {
          if (target() === revision) throw error
        }
      }
    },

    watch: (context) =>
      watchFolder({
        ...context,
        folder: root,
        concerns: (name) => name === DATA || (!mounted && !isHidden(name)),
        look: () => target() ?? stampOf(plainFiles(root)),
      }),
  }
}

/** What the kubelet keeps for itself. */
function isInternal(name: string): boolean {
  return name.startsWith('..')
}

/** What editors and version control leave beside the files is not configuration. */
function isHidden(name: string): boolean {
  return (name.startsWith('.') && !name.endsWith('.env')) || name.endsWith('~')
}

/** Files that editors and programs write one by one. Read again when one of them changed or went meanwhile. */
async function readPlainFolder(
  root: string,
  options: FolderReadingOptions,
  signal: AbortSignal,
): Promise<{ readonly revision: string; readonly stamp: string; readonly entries: Map<string, FileEntry> }> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    try {
      const files = plainFiles(root)
      const reading = new FolderReading(root, options)
      while (!reading.readSlice()) await setImmediate()
      const { entries } = reading
      await settle(files, signal)
      const stamp = stampOf(files)
      if (stampOf(plainFiles(root)) !== stamp) continue
      const digest = createHash('sha256')
      for (const { key } of files) {
        const { bytes = Buffer.alloc(0) } = entries.get(key) ?? {}
        digest.update(`${key}\0${bytes.length}\0`).update(bytes)
      }
      return { revision: `sha256:${digest.digest('hex')}`, stamp, entries }
    } catch (error) {
      // a link that leads nowhere stays, a file that is being replaced comes back
      const gone = (error instanceof KeyError ? error.cause : error) as NodeJS.ErrnoException
      if (gone.code !== 'ENOENT') throw error
      if (attempt === MAX_ATTEMPTS) {
        throw gone.path === root ? new Error(`${gone.message}; ${ABSENT}`, { cause: gone }) : error
      }
      await delay(ATTEMPT_MS, undefined, { signal })
    }
  }
}

interface PlainFile {
  readonly key: string
  readonly ino: number
  readonly size: number
  readonly mtimeMs: number
  readonly ctimeMs: number
}

function plainFiles(root: string): PlainFile[] {
  const keys = listKeys(root, isHidden).sort()
  return keys.map((key) => {
    const { ino, size, mtimeMs, ctimeMs } = statSync(join(root, key))
    return { key, ino, size, mtimeMs, ctimeMs }
  })
}

function stampOf(files: readonly PlainFile[]): string {
  return files.map(({ key, ino, size, mtimeMs, ctimeMs }) => [key, ino, size, mtimeMs, ctimeMs].join(':')).join('\n')
}
