import { readlink, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createHash } from 'node:crypto'

import type { Reading, Source } from '../source.js'
import { MAX_FILE_BYTES, listKeys, readKeys } from './read-files.js'
import { watchFolder } from './watch-folder.js'

export interface VolumeOptions {
  /** The largest file that is read, in bytes. Default 4 MiB. */
  readonly maxBytes?: number
}

/** The link that the kubelet renames over to publish an update. */
const DATA = '..data'

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
 */
export function volume(folder: string, options: VolumeOptions = {}): Source {
  const root = resolve(folder)
  const { maxBytes = MAX_FILE_BYTES } = options
  /** Once `..data` was there, its absence is a volume half removed, not a plain and empty folder. */
  let mounted = false

  const target = async (): Promise<string | undefined> => {
    try {
      const link = await readlink(join(root, DATA))
      mounted = true
      return link
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (!mounted && (code === 'ENOENT' || code === 'EINVAL')) return undefined
      throw error
    }
  }

  const read = async (signal: AbortSignal): Promise<Reading> => {
    for (;;) {
      signal.throwIfAborted()
      const revision = await target()
      if (revision === undefined) return readPlainFolder(root, maxBytes)
      try {
        const data = resolve(root, revision)
        const entries = await readKeys(data, await listKeys(data, (name) => name.startsWith('..')), maxBytes)
        if ((await target()) === revision) return { revision, stamp: revision, entries }
      } catch (error) {
        if ((await target()) === revision) throw error
      }
    }
  }

  return {
    name: `volume:${root}`,
    read,
    watch: (context) =>
      watchFolder({
        ...context,
        folder: root,
        concerns: (name) => name === DATA || (!mounted && isVisible(name)),
        look: async () => (await target()) ?? (await plainStamp(root, await plainKeys(root))),
      }),
  }
}

/** What editors and version control leave beside the files is not configuration. */
function isVisible(name: string): boolean {
  return (!name.startsWith('.') || name.endsWith('.env')) && !name.endsWith('~')
}

function plainKeys(root: string): Promise<string[]> {
  return listKeys(root, (name) => !isVisible(name))
}

async function readPlainFolder(root: string, maxBytes: number): Promise<Reading> {
  for (;;) {
    const keys = await plainKeys(root)
    const stamp = await plainStamp(root, keys)
    const entries = await readKeys(root, keys, maxBytes)
    if ((await plainStamp(root, await plainKeys(root))) !== stamp) continue
    const digest = createHash('sha256')
    for (const { key, bytes } of entries.sort((a, b) => (a.key < b.key ? -1 : 1)))
      digest.update(`${key}\0`).update(bytes)
    return { revision: `sha256:${digest.digest('hex')}`, stamp, entries }
  }
}

async function plainStamp(root: string, keys: readonly string[]): Promise<string> {
  const stamps = await Promise.all(
    keys.map(async (key) => {
      const { ino, size, mtimeMs, ctimeMs } = await stat(join(root, key))
      return [key, ino, size, mtimeMs, ctimeMs].join(':')
    }),
  )
  return stamps.sort().join('\n')
}
