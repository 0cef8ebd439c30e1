import { volume, withCanary, withFallback } from '@hot-config/core'
import type { Source } from '@hot-config/core'
import { configMap, secret } from '@hot-config/kubernetes'
import type { ObjectOptions, Timing } from '@hot-config/kubernetes'
import { createConfigMapVolume } from '@hot-config/testing'
import type { ConfigMapVolume } from '@hot-config/testing'

import { CONFIG_MAPS, SECRETS, ask, must } from '../../support/api-server.ts'
import type { FaultyApi } from '../../support/faulty-api.ts'

export type ObjectName = 'stable' | 'canary' | 'secret' | 'optional' | 'first'

/** What a configuration of all objects holds: for each the count that was written last. */
export interface Counts {
  readonly stable: number
  readonly secret: number
  readonly first: number
  /** Which source of the fallback `first` comes from. */
  readonly from: 'api' | 'volume'
  readonly canary?: number
  readonly optional?: number
}

const NAMES: readonly ObjectName[] = ['stable', 'canary', 'secret', 'optional', 'first']
const REQUIRED: ReadonlySet<ObjectName> = new Set(['stable', 'secret', 'first'])

let created = 0

/** Objects of an API server, one for each kind of source, with what a configuration that follows them must serve. */
export class ApiObjects implements AsyncDisposable {
  readonly #api: FaultyApi
  readonly #mounted: ConfigMapVolume
  readonly #suffix = `${process.pid}-${++created}`
  readonly #counts = new Map<ObjectName, number>()
  #count = 0
  /** Those that are gone or hold content that has to be rejected. */
  readonly #broken = new Set<ObjectName>()
  #wereBroken = false
  #changedAt = performance.now()

  private constructor(api: FaultyApi, mounted: ConfigMapVolume) {
    this.#api = api
    this.#mounted = mounted
  }

  static async create(api: FaultyApi): Promise<ApiObjects> {
    const objects = new ApiObjects(api, await createConfigMapVolume())
    for (const name of NAMES) await objects.make(name)
    await objects.mount()
    return objects
  }

  /** What has to be served, `undefined` while an object is gone or holds content that has to be rejected. */
  get expected(): Counts | undefined {
    if (this.#broken.size > 0) return undefined
    return { ...Object.fromEntries(this.#counts), from: 'api' } as unknown as Counts
  }

  /** Whether any was gone or bad since this was asked last. */
  wereBroken(): boolean {
    const were = this.#wereBroken
    this.#wereBroken = this.#broken.size > 0
    return were
  }

  /** For how long nothing has changed, in milliseconds. */
  get unchangedMs(): number {
    return performance.now() - this.#changedAt
  }

  sources(timing: Partial<Timing>): Source[] {
    const of = (name: ObjectName): ObjectOptions => ({
      ...this.#api.options,
      name: this.#nameOf(name),
      namespace: 'default',
      required: REQUIRED.has(name),
      timing,
    })
    return [
      withCanary(configMap(of('stable')), configMap(of('canary')), { identity: 'pod' }),
      secret(of('secret')),
      configMap(of('optional')),
      withFallback(configMap(of('first')), volume(this.#mounted.path), { patienceMs: 300 }),
    ]
  }

  async make(name: ObjectName): Promise<void> {
    await must(this.#api.server, 'POST', pathOf(name), this.#body(name, this.#next()))
    this.#broken.delete(name)
    this.#wrote(name, this.#count)
  }

  async updateAll(): Promise<void> {
    for (const name of NAMES) await this.update(name)
  }

  async update(name: ObjectName, more: object = {}): Promise<void> {
    await must(this.#api.server, 'PATCH', this.#pathOf(name), { ...this.#body(name, this.#next()), ...more })
    this.#broken.delete(name)
    this.#wrote(name, this.#count)
  }

  /** Changes nothing of the content. */
  async label(name: ObjectName): Promise<void> {
    const metadata = { labels: { turn: String(++this.#count) } }
    await must(this.#api.server, 'PATCH', this.#pathOf(name), { metadata })
  }

  async remove(name: ObjectName): Promise<void> {
    // an update that takes everything of a source away is rejected, unless the source is a canary; marked as broken
    // before the server knows of it
    if (name !== 'canary') this.#break(name)
    await must(this.#api.server, 'DELETE', this.#pathOf(name))
    this.#wrote(name, undefined)
  }

  async replace(name: ObjectName): Promise<void> {
    await this.remove(name)
    await this.make(name)
  }

  /** Writes what the schema rejects. */
  async spoil(name: ObjectName): Promise<void> {
    this.#break(name)
    await must(this.#api.server, 'PATCH', this.#pathOf(name), this.#body(name, 'bad'))
  }

  /** Publishes in the volume what the kubelet would, late. */
  async mount(): Promise<void> {
    const first = this.#counts.get('first') ?? 0
    await this.#mounted.update({ 'first.json': JSON.stringify({ first, from: 'volume' }) })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of NAMES) await ask(this.#api.server, 'DELETE', this.#pathOf(name)).catch(() => undefined)
    await this.#mounted[Symbol.asyncDispose]()
  }

  #break(name: ObjectName): void {
    this.#broken.add(name)
    this.#wereBroken = true
  }

  #next(): number {
    return ++this.#count
  }

  #wrote(name: ObjectName, count: number | undefined): void {
    if (count === undefined) this.#counts.delete(name)
    else this.#counts.set(name, count)
    this.#changedAt = performance.now()
  }

  #body(name: ObjectName, count: number | string): object {
    const content = JSON.stringify({ [name]: count, ...(name === 'first' && { from: 'api' }) })
    const files = { [`${name}.json`]: content, ...(name === 'canary' && { 'hot-config.share': '100%' }) }
    const data = name === 'secret' ? Object.fromEntries(Object.entries(files).map(inBase64)) : files
    return { metadata: { name: this.#nameOf(name) }, data }
  }

  #nameOf(name: ObjectName): string {
    return `${name}-${this.#suffix}`
  }

  #pathOf(name: ObjectName): string {
    return `${pathOf(name)}/${this.#nameOf(name)}`
  }
}

/** Accepts counts alone. */
export function readCounts(input: Record<string, unknown>): Counts {
  for (const name of NAMES) {
    const isMissing = input[name] === undefined && !REQUIRED.has(name)
    if (!isMissing && typeof input[name] !== 'number') throw new Error(`${name}: expected a number`)
  }
  return input as unknown as Counts
}

function inBase64([key, text]: [string, string]): [string, string] {
  return [key, Buffer.from(text).toString('base64')]
}

function pathOf(name: ObjectName): string {
  return name === 'secret' ? SECRETS : CONFIG_MAPS
}
