import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { createHotConfig } from '@hot-config/core'
import type { HealthReport, HotConfig, Source } from '@hot-config/core'
import type { ObjectOptions, Timing } from '@hot-config/kubernetes'
import { configMap } from '@hot-config/kubernetes'

import { CONFIG_MAPS, must } from '../support/api-server.ts'
import type { ApiServer } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'

/** Waits that are short, since nobody has to be spared. */
export const FAST: Partial<Timing> = {
  requestTimeoutMs: 2_000,
  backoffMs: 20,
  backoffMaxMs: 250,
  briefMs: 200,
  staleMs: 300,
}

export interface Value {
  readonly count: number
}

let named = 0

/** A name that no other test uses. */
export function freshName(): string {
  return `app-${process.pid}-${++named}`
}

/** A ConfigMap for one test, whose `count` goes up with every update. */
export class TestConfigMap {
  readonly name: string = freshName()
  count = 0
  readonly #server: ApiServer

  constructor(server: ApiServer) {
    this.#server = server
  }

  get path(): string {
    return `${CONFIG_MAPS}/${this.name}`
  }

  async create(extra: object = {}): Promise<void> {
    await must(this.#server, 'POST', CONFIG_MAPS, { metadata: { name: this.name }, ...extra, data: this.#data() })
  }

  async update(extra: object = {}): Promise<number> {
    await must(this.#server, 'PATCH', this.path, { ...extra, data: this.#data() })
    return this.count
  }

  async remove(): Promise<void> {
    await must(this.#server, 'DELETE', this.path)
  }

  #data(): Record<string, string> {
    return { 'app.json': JSON.stringify({ count: ++this.count }) }
  }
}

/** Writes a token where a source is to look for it. */
export async function tokenFileIn(folder: string, token: string): Promise<string> {
  const path = join(folder, `token-${++named}`)
  await writeFile(path, token)
  return path
}

/** A configuration that follows one ConfigMap, with a record of all that it served. */
export class Followed implements AsyncDisposable {
  readonly config: HotConfig<Value>
  readonly served: number[] = []

  private constructor(config: HotConfig<Value>) {
    this.config = config
    this.served.push(config.current.count)
    config.onChange(({ next }) => this.served.push(next.value.count))
  }

  static async start(source: Source): Promise<Followed> {
    return new Followed(
      await createHotConfig({ schema: readValue, sources: source, logger: false, recheckMs: 3_600_000 }),
    )
  }

  static async of(options: ObjectOptions): Promise<Followed> {
    return Followed.start(configMap({ ...options, timing: { ...FAST, ...options.timing } }))
  }

  get health(): HealthReport {
    return this.config.health()
  }

  get source(): HealthReport['sources'][number] {
    const [source] = this.health.sources
    if (!source) throw new Error('there is no source')
    return source
  }

  /** Waits until a watch is open. */
  async watching(): Promise<void> {
    await eventually(() => assert.deepEqual([this.source.watching, this.source.updatable], ['watch', true]))
  }

  /** Waits until this is served, and checks that no value came twice or after a newer one. */
  async serves(count: number): Promise<void> {
    await eventually(() => assert.equal(this.config.current.count, count))
    assert.deepEqual(
      this.served,
      [...new Set(this.served)].sort((a, b) => a - b),
    )
  }

  /** Waits until health says that updates don't arrive, since when, and why. */
  async warns(why: RegExp): Promise<void> {
    await eventually(() => {
      const { watching, updatable, warnings } = this.source
      assert.deepEqual([this.health.status, watching, updatable], ['warn', 'reconnecting', false])
      assert.match(warnings.join('\n'), why)
      assert.match(warnings.join('\n'), /no watch since \d{4}-/)
    })
  }

  /** Waits until this is served and health says that all is well. */
  async recovers(count: number): Promise<void> {
    await this.serves(count)
    await this.watching()
    await eventually(() => assert.deepEqual([this.health.status, this.health.lastRejection], ['pass', null]))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.config.close()
  }
}

function readValue(input: unknown): Value {
  const { count } = input as Partial<Value>
  if (typeof count !== 'number') throw new Error('count: expected a number')
  return { count }
}
