import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'

import { readOptions } from '../errors/option-checks.js'
import type { TableOf } from '../errors/option-checks.js'
import { boolean, bytes, textOf } from '../errors/option-kinds.js'
import type { Source } from './source.js'
import { lookAtMounts } from './files/mounts.js'
import type { Updatability } from './files/mounts.js'
import { MAX_FILE_BYTES, readBytes, withFile } from './files/read-file.js'
import { settle } from './files/settle.js'
import { watchFolder } from './files/watch-folder.js'

export interface FileOptions {
  /** The largest file that is read, in bytes. Default 4 MiB. */
  readonly maxBytes?: number | undefined
  /** Whether nothing of it may ever be shown, as for a mounted Secret. Default `false`. */
  readonly secret?: boolean | undefined
}

const OPTIONS = { maxBytes: bytes(MAX_FILE_BYTES), secret: boolean(false) } satisfies TableOf<FileOptions>

const pathOf = textOf('the path of a file, such as "/etc/config/app.yaml"')

/**
 * One file. Written in place or replaced, it is read until two looks at it agree. A file of a ConfigMap volume works
 * too, and its updates are noticed at once, but the other keys are not read: prefer `volume()`.
 *
 * @throws {OptionError} for a path or options that make no sense
 */
export function file(path: string, options: FileOptions = {}): Source {
  const root = resolve(pathOf.required(path, 'path'))
  const { maxBytes, secret } = readOptions(options, OPTIONS)
  const name = basename(root)
  let mounted: Updatability | undefined

  const look = (): Promise<string> => withFile(root, maxBytes, (_handle, stats) => stampOf(stats))

  return {
    name: `file:${root}`,

    async read(signal) {
      for (;;) {
        signal.throwIfAborted()
        const { bytes, stats } = await withFile(root, maxBytes, async (handle, stats) => ({
          bytes: await readBytes(handle, stats, maxBytes),
          stats,
        }))
        await settle([stats], signal)
        const stamp = stampOf(stats)
        if ((await look()) !== stamp) continue
        const revision = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
        mounted ??= lookAtMounts(root)
        return { revision, stamp, entries: [{ key: name, secret, bytes }], ...mounted }
      }
    },

    watch: (context) =>
      watchFolder({
        ...context,
        folder: dirname(root),
        // in a ConfigMap volume the file is a link through `..data`, and only that is ever renamed
        concerns: (changed) => changed === name || changed === '..data',
        look,
      }),
  }
}

/** Different whenever the file was written; the change time can't be set back by a program, unlike the modification time. */
function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join('-')
}
