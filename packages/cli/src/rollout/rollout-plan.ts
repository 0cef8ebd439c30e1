import { createHash } from 'node:crypto'
import { isUtf8 } from 'node:buffer'

import { configObjectOf, isConfigObject } from '../manifests/config-object.js'
import type { ManifestText } from '../manifests/node.js'
import { objectsIn } from '../manifests/objects.js'
import { UsageError } from '../usage-error.js'
import { describePlace, SHARE_KEY } from '@hot-config/core/internal'

import { keysOf } from '../cluster/api-object.js'
import type { ApiObject } from '../cluster/api-object.js'

/** The keys of a manifest, with their content. */
export type Keys = ReadonlyMap<string, Buffer>

/** Content as the API has it: text, and base64 of what is no text. */
interface Content {
  readonly data: Readonly<Record<string, string>>
  readonly binaryData: Readonly<Record<string, string>>
}

/** Reads `5%,25%,100%`. @throws {UsageError} unless each step is larger than the one before */
export function parseSteps(text: string): number[] {
  const steps = text.split(',').map((step) => Number(/^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(step)?.[1]))
  const isRising = steps.every((step, index) => step > (steps[index - 1] ?? 0) && step <= 100)
  if (isRising) return steps
  throw new UsageError(
    `--steps ${text}: expected percentages from 0% to 100%, each larger than the one before, such as 5%,25%,100%`,
  )
}

/** Finds the ConfigMap with a name in manifests. @throws {UsageError} when there is none, or one that can't be rolled out */
export function contentIn(
  manifests: readonly ManifestText[],
  name: string,
): { readonly keys: Keys; readonly namespace: string | undefined } {
  const { objects, problems } = objectsIn(manifests)
  const found = objects.filter(
    (object) => isConfigObject(object) && object.kind === 'ConfigMap' && object.name === name,
  )
  const [first] = found
  const read = first && configObjectOf(first)
  const problem = problems[0] ?? read?.problems[0]
  if (problem) throw new UsageError(`${describePlace(problem)} ${problem.message}`)
  if (!read || found.length > 1) {
    throw new UsageError(`--from has ${found.length === 0 ? 'no' : 'more than one'} ConfigMap ${name}: expected one`)
  }
  const keys = new Map(read.object.keys.map(({ key, bytes }) => [key, Buffer.from(bytes)]))
  if (keys.has(SHARE_KEY)) throw new UsageError(`--from has the key ${SHARE_KEY}: leave it out, --steps says it`)
  return { keys, namespace: read.object.namespace }
}

/** The same for the same keys with the same content. */
export function digestOf(keys: Keys): string {
  const digest = createHash('sha256')
  for (const [key, bytes] of Array.from(keys).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    digest.update(`${key}\0${bytes.length}\0`).update(bytes)
  }
  return `sha256:${digest.digest('hex')}`
}

/** The keys that a ConfigMap does not have, or has with other content. */
export function changedKeys(keys: Keys, stable: ApiObject): Keys {
  const before = new Map(keysOf('ConfigMap', stable).map(({ key, bytes }) => [key, bytes]))
  return new Map(Array.from(keys).filter(([key, bytes]) => before.get(key)?.equals(bytes) !== true))
}

/** The keys of a ConfigMap that a manifest does not have. */
export function removedKeys(keys: Keys, { data, binaryData }: ApiObject): string[] {
  return Object.keys({ ...data, ...binaryData }).filter((key) => !keys.has(key))
}

/** Whether a ConfigMap has these keys and no others, beside the share. */
export function hasOnly(canary: ApiObject, keys: Keys): boolean {
  return changedKeys(keys, canary).size === 0 && removedKeys(keys, canary).every((key) => key === SHARE_KEY)
}

export function contentOf(keys: Keys): Content {
  const all = Array.from(keys)
  return {
    data: Object.fromEntries(all.filter(([, bytes]) => isUtf8(bytes)).map(([key, bytes]) => [key, bytes.toString()])),
    binaryData: Object.fromEntries(
      all.filter(([, bytes]) => !isUtf8(bytes)).map(([key, bytes]) => [key, bytes.toString('base64')]),
    ),
  }
}

/** A merge patch that sets keys. A key that changes from text to bytes, or back, leaves the field that it was in. */
export function patchOf(keys: Keys): object {
  const { data, binaryData } = contentOf(keys)
  return { data: { ...absent(binaryData), ...data }, binaryData: { ...absent(data), ...binaryData } }
}

function absent(content: object): object {
  return Object.fromEntries(Object.keys(content).map((key) => [key, null]))
}
