import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'

import type { LastGoodStore } from '@hot-config/core'
import { checksumIn, readOptions } from '@hot-config/core/internal'

import { readBody } from '../connection/body.js'
import { Connection } from '../connection/connection.js'
import { resolveTarget } from '../connection/target.js'
import type { Target } from '../connection/target.js'
import { KubernetesError } from '../kubernetes-error.js'
import { CONNECTION, objectName } from '../options.js'
import type { ConnectionOptions } from '../options.js'

export interface LastGoodConfigMapOptions extends ConnectionOptions {
  /** The ConfigMap. It must exist, and may be empty: RBAC can't limit `create` to one name. */
  readonly name: string
}

const OPTIONS = { name: objectName('ConfigMap').required, ...CONNECTION } satisfies Record<
  keyof LastGoodConfigMapOptions,
  unknown
>

const KEY = 'last-good.json'
const GZIP_KEY = 'last-good.json.gz'

/** Larger content is compressed: until then people can read it. In bytes. */
const MAX_TEXT_BYTES = 100 * 1024

/** How much a ConfigMap may hold, in bytes. */
const MAX_BYTES = 1024 * 1024

/** How much compressed content may become, in bytes. */
const MAX_UNPACKED_BYTES = 64 * 1024 * 1024

/** An object of the API, with what it has beside the content. */
const ANSWER_LIMITS = { silenceMs: 2_000, totalMs: 2_000, maxBytes: 4 * 1024 * 1024 }

interface ConfigMap {
  readonly metadata: { readonly resourceVersion?: string }
  readonly data?: Readonly<Record<string, string>>
  readonly binaryData?: Readonly<Record<string, string>>
}

/**
 * Keeps the last good configuration in a ConfigMap, for new pods too. Whichever pod accepts an update first writes it; equal
 * content is not written again. Content above 100 KiB is compressed, and more than fits into a ConfigMap is not kept.
 *
 * Needs the verbs `get` and `update` on that one name.
 *
 * @example
 * createHotConfig({ sources: '/etc/config', lastGood: lastGoodConfigMap({ name: 'shop-last-good' }) })
 *
 * @throws {OptionError} for options that make no sense
 */
export function lastGoodConfigMap(options: LastGoodConfigMapOptions): LastGoodStore {
  const { name, ...connection } = readOptions(options, OPTIONS)
  const kept = new KeptConfigMap(name, resolveTarget(connection))
  // functions of their own: a store may be taken apart
  return { load: (signal) => kept.load(signal), save: (bytes, signal) => kept.save(bytes, signal) }
}

class KeptConfigMap {
  readonly #name: string
  readonly #target: Target

  constructor(name: string, target: Target) {
    this.#name = name
    this.#target = target
  }

  async load(signal: AbortSignal): Promise<Uint8Array | undefined> {
    try {
      return await this.#connected(async (connection) => unpacked(await this.#get(connection, signal)))
    } catch (error) {
      if (isProblem(error, 'not-found')) return undefined
      throw error
    }
  }

  async save(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    await this.#connected(async (connection) => {
      let now = await this.#get(connection, signal)
      const held = await unpacked(now).catch(() => undefined)
      if (held && checksumIn(held) === checksumIn(bytes)) return
      // Where another pod was faster, this one does not write. Labels, annotations and other keys may change meanwhile.
      for (const before = keptIn(now); keptIn(now) === before; now = await this.#get(connection, signal)) {
        const body = { kind: 'ConfigMap', apiVersion: 'v1', ...now, ...(await packed(bytes, now)) }
        if (await this.#replace(connection, signal, body)) return
      }
    })
  }

  /** Returns whether it still had the version that was read. */
  async #replace(connection: Connection, signal: AbortSignal, body: object): Promise<boolean> {
    try {
      await this.#send(connection, signal, body)
      return true
    } catch (error) {
      if (!isProblem(error, 'conflict')) throw error
      return false
    }
  }

  async #get(connection: Connection, signal: AbortSignal): Promise<ConfigMap> {
    return JSON.parse(await this.#send(connection, signal)) as ConfigMap
  }

  async #send(connection: Connection, signal: AbortSignal, body?: object): Promise<string> {
    const { namespace } = this.#target
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps/${encodeURIComponent(this.#name)}`
    const purpose = { resource: 'configmaps', name: this.#name, namespace, verbs: ['get', 'update'] }
    const request = { path, purpose, ...(body && { method: 'PUT' as const, body }) }
    return readBody(await connection.send(request, signal), ANSWER_LIMITS)
  }

  /** Saving is rare, so no connection is kept for the next time. */
  async #connected<R>(run: (connection: Connection) => Promise<R>): Promise<R> {
    const connection = new Connection(this.#target)
    try {
      return await run(connection)
    } finally {
      connection.close()
    }
  }
}

async function packed(bytes: Uint8Array, { data, binaryData }: ConfigMap): Promise<Partial<ConfigMap>> {
  const { [KEY]: _text, ...texts } = data ?? {}
  const { [GZIP_KEY]: _binary, ...binaries } = binaryData ?? {}
  if (bytes.length <= MAX_TEXT_BYTES) {
    return { data: { ...texts, [KEY]: Buffer.from(bytes).toString() }, binaryData: binaries }
  }
  const compressed = await promisify(gzip)(bytes)
  if (compressed.length > MAX_BYTES) {
    const size = compressed.length.toLocaleString('en-US')
    throw new Error(`it has ${size} bytes even when compressed, and a ConfigMap holds at most 1 MiB: use a file`)
  }
  return { data: texts, binaryData: { ...binaries, [GZIP_KEY]: compressed.toString('base64') } }
}

/** What was saved, as it is written. */
function keptIn({ data, binaryData }: ConfigMap): string | undefined {
  return data?.[KEY] ?? binaryData?.[GZIP_KEY]
}

async function unpacked({ data, binaryData }: ConfigMap): Promise<Uint8Array | undefined> {
  const text = data?.[KEY]
  if (text !== undefined) return Buffer.from(text)
  const compressed = binaryData?.[GZIP_KEY]
  if (compressed === undefined) return undefined
  return promisify(gunzip)(Buffer.from(compressed, 'base64'), { maxOutputLength: MAX_UNPACKED_BYTES })
}

function isProblem(error: unknown, problem: KubernetesError['problem']): boolean {
  return error instanceof KubernetesError && error.problem === problem
}
