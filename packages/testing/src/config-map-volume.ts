import { randomInt } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'

import { isPlainObject, optionKind, textOf } from '@hot-config/core/internal'

/** A ConfigMap that is mounted as a volume, for tests without a cluster. It updates files as the kubelet does. */
export interface ConfigMapVolume extends AsyncDisposable {
  /** The folder to pass to the application, as an absolute path. */
  readonly path: string
  /**
   * Publishes new content, all keys at once, as the kubelet does. Keys that are missing in `files` are removed. Nothing
   * is written when nothing changed. Updates that are not awaited run one after another.
   *
   * @param files content by key; a key may contain `/`, like a path in the `items` of a volume
   * @throws {TypeError} for a key that can't be in a volume, or is a file and a folder at once, and for content that is
   *   neither text nor bytes; then nothing is written
   */
  update(files: Readonly<Record<string, string | Uint8Array>>): Promise<void>
  /** Removes the folder and its content, after the updates that are in progress. May be called twice. */
  remove(): Promise<void>
}

/** The bytes of each key. */
type Files = ReadonlyMap<string, Buffer>

const DATA = '..data'
const NEW_DATA = '..data_tmp'

/** The limit of the kubelet. */
const MAX_KEY_LENGTH = 4096
const MAX_NAME_LENGTH = 255

/**
 * Creates a volume that changes as a mounted ConfigMap does, so that code which follows these updates also follows real
 * ones. It is empty, without `..data`, until the first `update()`. It needs a file system with symbolic links.
 *
 * The algorithm is that of the kubelet's AtomicWriter, step by step:
 * https://github.com/kubernetes/kubernetes/blob/master/pkg/volume/util/atomic_writer.go
 *
 * @param folder its path; it is created when it does not exist. Default: a new temporary folder
 * @throws {OptionError} when `folder` is not a path
 */
export async function createConfigMapVolume(folder?: string): Promise<ConfigMapVolume> {
  textOf('the path of a folder')()(folder, 'folder')
  const path = folder === undefined ? await mkdtemp(join(tmpdir(), 'config-map-')) : resolve(folder)
  await mkdir(path, { recursive: true })
  let last: Promise<void> = Promise.resolve()

  // As in the kubelet, updates of one volume never overlap.
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const result = last.then(work)
    last = result.catch(() => undefined)
    return result
  }
  const remove = (): Promise<void> => inTurn(() => rm(path, { recursive: true, force: true }))
  return {
    path,
    async update(files) {
      const given = Object.entries(filesKind.required(files, 'files'))
      const payload = new Map(given.map(([key, content]) => [checkKey(key), bytesOf(key, content)]))
      for (const key of payload.keys()) checkFolders(key, payload)
      await inTurn(() => project(path, payload))
    },
    remove,
    [Symbol.asyncDispose]: remove,
  }
}

async function project(path: string, files: Files): Promise<void> {
  const oldTarget = await readlink(join(path, DATA)).catch(() => undefined)
  const old = oldTarget === undefined ? undefined : await readFiles(join(path, oldTarget))
  if (old && sameFiles(old, files)) return linkNew(path, files)

  const target = await createTimestampedFolder(path)
  try {
    await writeFiles(join(path, target), files)
  } catch (error) {
    await rm(join(path, target), { recursive: true, force: true })
    throw error
  }
  // Removes the remains of an interrupted update.
  await rm(join(path, NEW_DATA), { force: true })
  await symlink(target, join(path, NEW_DATA))
  // This rename publishes the update: from now on, the volume has the new content.
  await rename(join(path, NEW_DATA), join(path, DATA))
  await linkNew(path, files)
  if (old) await unlinkStale(path, old, files)
  if (oldTarget !== undefined) await rm(join(path, oldTarget), { recursive: true, force: true })
}

/** Returns the files of a folder, or `undefined` when it does not exist. */
async function readFiles(folder: string): Promise<Files | undefined> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => undefined)
  const paths = found?.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return (
    paths &&
    new Map(await Promise.all(paths.map(async (path) => [relative(folder, path), await readFile(path)] as const)))
  )
}

function sameFiles(a: Files, b: Files): boolean {
  return a.size === b.size && [...a].every(([key, content]) => b.get(key)?.equals(content))
}

/** Creates a folder such as `..2026_11_23_04_05_06.1234567890`, from the time in seconds and a random number. */
async function createTimestampedFolder(path: string): Promise<string> {
  const time = new Date().toISOString().slice(0, 19).replace(/[-:T]/g, '_')
  const name = `..${time}.${randomInt(2 ** 32)}`
  await mkdir(join(path, name))
  // The mode must not depend on the umask of the process.
  await chmod(join(path, name), 0o755)
  return name
}

async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [key, content] of files) {
    const file = join(folder, key)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content)
    // The mode must not depend on the umask of the process.
    await chmod(file, 0o644)
  }
}

/**
 * Creates the missing links beside `..data`, one for each key. As kubelets from 1.31 on do, this comes after the
 * rename.
 */
async function linkNew(path: string, files: Files): Promise<void> {
  const existing = new Set(await readdir(path))
  for (const name of namesOf(files)) if (!existing.has(name)) await symlink(join(DATA, name), join(path, name))
}

async function unlinkStale(path: string, old: Files, files: Files): Promise<void> {
  const names = namesOf(files)
  for (const name of namesOf(old)) if (!names.has(name)) await rm(join(path, name), { force: true })
}

/** Returns the names at the top level: keys, and the first folder of each key with a `/`. */
function namesOf(files: Files): Set<string> {
  return new Set(Array.from(files.keys(), (key) => key.replace(/\/.*/s, '')))
}

const filesKind = optionKind<Readonly<Record<string, unknown>>>(
  'an object such as { "app.yaml": "port: 8080" }',
  isPlainObject,
)
const contentKind = optionKind<string | Uint8Array>(
  'a text or bytes',
  (value) => typeof value === 'string' || ArrayBuffer.isView(value),
)

function bytesOf(key: string, content: unknown): Buffer {
  return Buffer.from(contentKind.required(content, `the content of ${JSON.stringify(key)}`))
}

function checkKey(key: string): string {
  const names = key.split('/')
  const valid =
    key.length <= MAX_KEY_LENGTH &&
    !key.startsWith('..') &&
    !key.includes('\0') &&
    names.every((name) => !['', '.', '..'].includes(name) && Buffer.byteLength(name) <= MAX_NAME_LENGTH)
  if (valid) return key
  throw new TypeError(`${JSON.stringify(key)} can't be a key: expected a relative path that does not begin with ".."`)
}

/** Rejects a key below another one, which would be a file and a folder at once. */
function checkFolders(key: string, files: Files): void {
  for (let end = key.indexOf('/'); end >= 0; end = key.indexOf('/', end + 1)) {
    const above = key.slice(0, end)
    if (!files.has(above)) continue
    throw new TypeError(`${JSON.stringify(key)} can't be a key beside ${JSON.stringify(above)}, which is a file`)
  }
}
