import { readdir } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

import { describePlace } from '@hot-config/core/internal'
import { createConfigMapVolume } from '@hot-config/testing'
import type { ConfigMapVolume } from '@hot-config/testing'

import { openCluster } from '../cluster/open-cluster.js'
import { STDIN } from '../manifests/read-input.js'
import { print } from '../output.js'
import { printable } from '../printable.js'
import { StopSignal } from '../stop-signal.js'
import { EXIT, UsageError } from '../usage-error.js'
import { clusterOrigin, referenceOf } from './cluster-origin.js'
import { followManifest, readManifest } from './manifest-origin.js'
import type { Content, Origin, ReadOnce } from './origin.js'

/** The options of `hot-config mount`, as the parser of arguments returns them. */
interface Options {
  readonly name?: string
  readonly fromCluster?: boolean
  readonly optional?: boolean
  readonly namespace?: string
  readonly context?: string
  readonly watch?: boolean
  readonly delay: number
  readonly json?: boolean
}

/**
 * @param object the manifest. From a cluster, also the name of the object
 * @returns the exit code
 */
export async function runMount(object: string, folder: string, given: object): Promise<number> {
  const options = given as Options
  const { name, fromCluster, watch } = options
  if (watch && object === STDIN && !fromCluster) throw new UsageError('--watch needs a file: standard input ends')
  await checkFolder(folder)
  if (fromCluster) {
    using cluster = await openCluster(options.context)
    const reference = await referenceOf({ ...options, object }, cluster)
    if ('problems' in reference) return await fail(reference, folder, options)
    return await mount(clusterOrigin(cluster, reference, options.optional === true), folder, options)
  }
  if (!watch) return mount({ read: () => readManifest(object, name) }, folder, options)
  return mount(await followManifest(object, name), folder, options)
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

/** Writes the volume, and follows the origin with `--watch`. @returns the exit code */
async function mount(origin: Origin | ReadOnce, folder: string, options: Options): Promise<number> {
  await using watched = options.watch && 'follow' in origin ? origin : undefined
  const content = await origin.read()
  if ('problems' in content) return fail(content, folder, options)
  using stop = new StopSignal()
  const isStopped = await Promise.race([delay(options.delay, false), stop.received.then(() => true)])
  if (isStopped) return EXIT.ok
  const volume = await createConfigMapVolume(folder)
  await update(volume, content, folder, options)
  if (!watched) return EXIT.ok
  watched.follow(async (next) => {
    await delay(options.delay)
    await update(volume, next, folder, options)
  })
  await stop.received
  return EXIT.ok
}

/** Writes the content of a volume, unless something is wrong with it. */
async function update(volume: ConfigMapVolume, content: Content, folder: string, options: Options): Promise<void> {
  if ('object' in content) {
    await volume.update(Object.fromEntries(content.object.keys.map(({ key, bytes }) => [key, bytes])))
  }
  await report(content, folder, options)
}

async function fail(content: Content, folder: string, options: Options): Promise<number> {
  await report(content, folder, options)
  return EXIT.problems
}

/** Prints what was written, or why nothing was. */
async function report(content: Content, folder: string, { json }: Options): Promise<void> {
  const at = new Date().toISOString()
  if ('problems' in content) {
    const texts = content.problems.map(({ message, ...place }) =>
      printable([describePlace(place), message].filter(Boolean).join(' ')),
    )
    return print(json ? JSON.stringify({ at, folder, problems: content.problems }) : texts.join('\n'))
  }
  const { label, keys, isMissing } = content.object
  const names = keys.map(({ key }) => key)
  const what = isMissing ? `is empty: there is no ${label}` : `has ${label}: ${names.join(', ') || 'no keys'}`
  await print(
    json
      ? JSON.stringify({ at, folder, object: label, keys: names, ...(isMissing && { missing: true }) })
      : printable(`${folder} ${what}`),
  )
}
