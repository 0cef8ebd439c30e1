import { configObjectOf, isConfigObject } from '../manifests/config-object.js'
import { isCalled } from '../manifests/object-name.js'
import { objectsIn } from '../manifests/objects.js'
import type { ManifestObject, ManifestProblem } from '../manifests/objects.js'
import { readInput } from '../manifests/read-input.js'
import { UsageError } from '../usage-error.js'
import type { Content, Origin } from './origin.js'
import { watchFile } from './watch-file.js'

/** The object of a manifest, or what is wrong with the manifest. */
type Chosen = { readonly object: ManifestObject } | { readonly problems: readonly ManifestProblem[] }

/**
 * Chooses the object of a manifest that is mounted.
 *
 * @param name which one, when the manifest has several
 * @throws {UsageError} when there is none, and when there are several
 */
export async function chooseObject(manifest: string, name: string | undefined): Promise<Chosen> {
  const { objects, problems } = objectsIn(await readInput([manifest]))
  if (problems.length > 0) return { problems }
  const found = objects.filter((object) => isConfigObject(object) && (name === undefined || isCalled(object, name)))
  const [first, second] = found
  if (!first) throw new UsageError(`${manifest} has no ConfigMap and no Secret${name === undefined ? '' : ` ${name}`}`)
  if (second) {
    const labels = found.map(({ kind, name: own, namespace }) => {
      return `${kind} ${own}${namespace === undefined ? '' : ` in namespace ${namespace}`}`
    })
    const kinds = new Set(found.map(({ kind }) => kind))
    const advice =
      name === undefined
        ? 'choose one with --name'
        : kinds.size > 1
          ? `write --name configmap/${name} or secret/${name}`
          : 'write the one that is meant to a file of its own'
    throw new UsageError(`${manifest} has several ConfigMaps and Secrets: ${advice}: ${labels.join(', ')}`)
  }
  return { object: first }
}

/** Reads the object of a manifest. @throws {UsageError} when there is not exactly one */
export async function readManifest(manifest: string, name: string | undefined): Promise<Content> {
  const chosen = await chooseObject(manifest, name)
  if ('problems' in chosen) return chosen
  const { object, problems } = configObjectOf(chosen.object)
  if (problems.length > 0) return { problems }
  return { object: { label: `${object.kind} ${object.name}`, keys: object.keys, isMissing: false } }
}

/** Follows a manifest. */
export async function followManifest(manifest: string, name: string | undefined): Promise<Origin> {
  // before the first reading, so that a change meanwhile is not missed
  const watched = await watchFile(manifest)
  return {
    read: () => readManifest(manifest, name),
    follow(next) {
      watched.follow(async () => next(await readAgain(manifest, name)))
    },
    [Symbol.asyncDispose]: () => watched[Symbol.asyncDispose](),
  }
}

/** An editor may remove the file for a moment. That is a problem to show, and not the end. */
async function readAgain(manifest: string, name: string | undefined): Promise<Content> {
  try {
    return await readManifest(manifest, name)
  } catch (error) {
    if (error instanceof UsageError) return { problems: [{ file: manifest, message: error.message }] }
    throw error
  }
}
