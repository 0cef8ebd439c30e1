import { readdir } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

import { createConfigMapVolume } from '@hot-config/testing'
import type { ConfigMapVolume } from '@hot-config/testing'

import { configObjectOf, isConfigObject } from '../manifests/config-object.js'
import type { ConfigObject } from '../manifests/config-object.js'
import { objectsIn } from '../manifests/objects.js'
import type { ManifestProblem } from '../manifests/objects.js'
import { readInput } from '../manifests/read-input.js'
import { print } from '../output.js'
import { printable } from '../printable.js'
import { StopSignal } from '../stop-signal.js'
import { EXIT, UsageError } from '../usage-error.js'
import { watchFile } from './watch-file.js'

/** The options of `hot-config mount`, as the parser of arguments returns them. */
interface Options {
  readonly name?: string
  readonly watch?: boolean
  readonly delay: number
  readonly json?: boolean
}

/** The object to mount, or what is wrong with the manifest. */
type Content = { readonly object: ConfigObject } | { readonly problems: readonly ManifestProblem[] }

/** @returns the exit code */
export async function runMount(manifest: string, folder: string, given: object): Promise<number> {
  const options = given as Options
  if (options.watch && manifest === '-') throw new UsageError('--watch needs a file: standard input ends')
  await checkFolder(folder)
  using stop = options.watch ? new StopSignal() : undefined
  // before the first reading, so that a change meanwhile is not missed
  await using watched = options.watch ? await watchFile(manifest) : undefined
  const content = await read(manifest, options.name)
  if ('problems' in content) {
    await report(content, folder, options)
    return EXIT.problems
  }
  await delay(options.delay)
  const volume = await createConfigMapVolume(folder)
  await update(volume, content)
  await report(content, folder, options)
  if (watched) {
    watched.follow(() => follow(manifest, folder, volume, options))
    await stop?.received
  }
  return EXIT.ok
}

/** @throws {UsageError} for a folder with other files, which would hide the keys */
async function checkFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    throw new UsageError(`${folder} can't be used: ${error.code === 'ENOTDIR' ? 'it is not a folder' : error.code}`)
  })
  if (names.length === 0 || names.includes('..data')) return
  throw new UsageError(`${folder} is not empty and not a volume: choose a folder that does not exist`)
}

async function read(manifest: string, name: string | undefined): Promise<Content> {
  const { objects, problems } = objectsIn(await readInput([manifest]))
  if (problems.length > 0) return { problems }
  const found = objects.filter((object) => isConfigObject(object) && (name === undefined || object.name === name))
  const [first, second] = found
  if (!first) throw new UsageError(`${manifest} has no ConfigMap and no Secret${name === undefined ? '' : ` ${name}`}`)
  if (second) {
    const names = found.map((object) => object.name).join(', ')
    throw new UsageError(`${manifest} has several ConfigMaps and Secrets: choose one with --name: ${names}`)
  }
  const read = configObjectOf(first)
  return read.problems.length > 0 ? { problems: read.problems } : { object: read.object }
}

async function update(volume: ConfigMapVolume, { object }: { readonly object: ConfigObject }): Promise<void> {
  await volume.update(Object.fromEntries(object.keys.map(({ key, bytes }) => [key, bytes])))
}

/** Updates the volume after a change of the manifest. */
async function follow(manifest: string, folder: string, volume: ConfigMapVolume, options: Options): Promise<void> {
  await delay(options.delay)
  // An editor may remove the file for a moment. The problem is shown, and the volume stays as it is.
  const content = await read(manifest, options.name).catch((error: unknown): Content => {
    if (error instanceof UsageError) return { problems: [{ file: manifest, message: error.message }] }
    throw error
  })
  if ('object' in content) await update(volume, content)
  await report(content, folder, options)
}

/** Prints what was written, or why nothing was. */
async function report(content: Content, folder: string, { json }: Options): Promise<void> {
  const at = new Date().toISOString()
  if ('problems' in content) {
    const texts = content.problems.map(({ file, line, column, message }) =>
      [[file, line, column].filter((part) => part !== undefined).join(':'), printable(message)].join(' '),
    )
    return print(json ? JSON.stringify({ at, folder, problems: content.problems }) : texts.join('\n'))
  }
  const { kind, name, keys } = content.object
  const names = keys.map(({ key }) => key)
  const text = `${folder} has ${kind} ${name}: ${names.length > 0 ? names.join(', ') : 'no keys'}`
  await print(json ? JSON.stringify({ at, folder, object: `${kind} ${name}`, keys: names }) : printable(text))
}
