import { randomInt } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve, sep } from 'node:path'

/** A ConfigMap mounted as a volume, for tests: what the kubelet does, without a cluster. */
export interface ConfigMapVolume extends AsyncDisposable {
  /** The folder to give to the application. */
  readonly path: string
  /**
   * Publishes new content, all keys at once, as the kubelet does. Keys that are not given are removed.
   *
   * @param files content by key; a key may hold `/`
   * @throws {TypeError} for a key that Kubernetes would refuse
   */
  update(files: Readonly<Record<string, string | Uint8Array>>): Promise<void>
  /** Removes the folder. */
  remove(): Promise<void>
}

const DATA = '..data'
const NEW_DATA = '..data_tmp'

/**
 * Makes a volume that changes the way a mounted ConfigMap changes. The algorithm is that of the kubelet's AtomicWriter,
 * step by step, so that code which survives these updates survives the real ones:
 * https://github.com/kubernetes/kubernetes/blob/master/pkg/volume/util/atomic_writer.go
 *
 * @param folder where; default: a new temporary folder
 */
export async function createConfigMapVolume(folder?: string): Promise<ConfigMapVolume> {
  const path = resolve(folder ?? (await mkdtemp(join(tmpdir(), 'config-map-'))))
  await mkdir(path, { recursive: true })
  let last: Promise<void> = Promise.resolve()

  const remove = async (): Promise<void> => {
    await last
    await rm(path, { recursive: true, force: true })
  }
  return {
    path,
    async update(files) {
      Object.keys(files).forEach(checkKey)
      // as in the kubelet, updates of one volume never overlap
      last = last.then(
        () => project(path, files),
        () => project(path, files),
      )
      await last
    },
    remove,
    [Symbol.asyncDispose]: remove,
  }
}

async function project(path: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  const oldTarget = await readlink(join(path, DATA)).catch(() => undefined)
  const target = await createTimestampedFolder(path)
  for (const [key, content] of Object.entries(files)) {
    const file = join(path, target, key)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content)
    // not by the process's umask
    await chmod(file, 0o644)
  }
  const names = new Set(Object.keys(files).map((key) => key.split('/')[0] ?? key))
  await rm(join(path, NEW_DATA), { force: true })
  await symlink(target, join(path, NEW_DATA))
  // the update: from here on the new content is what the volume holds
  await rename(join(path, NEW_DATA), join(path, DATA))
  await linkNew(path, names)
  await removeStale(path, names)
  if (oldTarget !== undefined) await rm(join(path, oldTarget), { recursive: true, force: true })
}

async function linkNew(path: string, names: ReadonlySet<string>): Promise<void> {
  const existing = new Set(await readdir(path))
  for (const name of names) if (!existing.has(name)) await symlink(join(DATA, name), join(path, name))
}

async function removeStale(path: string, names: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(path)) {
    if (!name.startsWith('..') && !names.has(name)) await rm(join(path, name), { recursive: true, force: true })
  }
}

/** `..2026_11_23_04_05_06.123456789`: the time to the second and a random number, like the kubelet's `os.MkdirTemp`. */
async function createTimestampedFolder(path: string): Promise<string> {
  const time = new Date().toISOString().slice(0, 19).replace(/[-:T]/g, '_')
  for (;;) {
    const name = `..${time}.${randomInt(1_000_000_000, 4_294_967_296)}`
    try {
      await mkdir(join(path, name))
      await chmod(join(path, name), 0o755)
      return name
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

/** See https://kubernetes.io/docs/concepts/configuration/configmap/ and, for paths, the `items` of a volume. */
function checkKey(key: string): void {
  const parts = key.split('/')
  const valid =
    key.length <= 253 && parts.every((part) => part !== '' && part !== '.' && !part.startsWith('..') && !part.includes(sep))
  if (!valid) throw new TypeError(`"${key}" can't be a key: expected a relative path whose parts don't begin with ".."`)
}
