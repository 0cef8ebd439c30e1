import { setImmediate } from 'node:timers/promises'

import { startHotConfig, values, withCanary, withFallback } from '@hot-config/core'
import type { HotConfig, LastGoodStore, Resource } from '@hot-config/core'
import { expect } from 'vitest'

import { drivenSource, fileEntries } from '../../support/driven-source.ts'
import type { DrivenSource } from '../../support/driven-source.ts'
import { gate } from '../../support/gate.ts'
import type { Gate } from '../../support/gate.ts'
import { recordingLogger } from '../../support/recording-logger.ts'
import { isBad, schema, textsOf } from './content.ts'
import type { Held, Value } from './content.ts'
import { Journal } from './journal.ts'
import type { Settings } from './settings.ts'
import { until } from './until.ts'

/** A pool, as a program builds one from `b`. */
interface Pool {
  readonly n: number
  disposals: number
}

export type Name = 'main' | 'second' | 'override' | 'canary'

/** The processes of one pod after another, on the same sources and the same store. */
export class World {
  readonly sources: Readonly<Record<Name, DrivenSource<Record<string, string>>>> = {
    main: sourceNamed('main', { 'a.json': '{"a":{"n":1}}' }),
    second: sourceNamed('second', { 'a.json': '{"a":{"n":2}}' }),
    override: sourceNamed('override', {}, true),
    canary: sourceNamed('canary', {}, true),
  }
  hookVetoes = false
  createFails = false
  isStoreBroken = false
  #guardWaits: Gate | undefined
  #stored: Uint8Array | undefined

  config: HotConfig<Value> | undefined
  journal: Journal | undefined
  pool: Resource<Pool> | undefined
  readonly #pools: Pool[] = []

  set(name: Name, held: Held, share?: string): void {
    const texts = held === 'gone' ? new Error('can not be read') : textsOf(held)
    const files = share === undefined || held === 'gone' ? texts : { ...texts, 'hot-config.share': share }
    this.sources[name].set(files as Record<string, string>)
  }

  async start({ hasFallback, hasGuard, hasStore, isDelayed, holdsC, acceptsEmptied, own }: Settings): Promise<void> {
    await this.close()
    const { main, second, override, canary } = this.sources
    const logger = recordingLogger()
    const { config, ready } = startHotConfig({
      schema,
      logger,
      sources: [
        withCanary(hasFallback ? withFallback(main, second) : main, canary),
        override,
        ...(own ? [values(Object.fromEntries(Object.entries(own).map(([part, n]) => [part, { n }])))] : []),
      ],
      ...(hasGuard && { guard: { bakeMs: 1, intervalMs: 1, check: ({ current }) => this.#judge(current as Value) } }),
      ...(hasStore && { lastGood: this.#store }),
      ...(isDelayed && { applyDelay: { maxMs: 1 } }),
      restartRequired: holdsC ? ['c'] : [],
      emptied: acceptsEmptied ? 'accept' : 'reject',
    })
    const journal = new Journal(config, logger)
    if (await ready.catch(() => undefined)) Object.assign(this, { config, journal })
  }

  addHook(): void {
    this.config?.beforeChange(async () => {
      await setImmediate()
      if (this.hookVetoes) throw new Error('vetoed')
    })
  }

  async addResource(): Promise<void> {
    this.pool = await this.config?.resource('b', (b) => this.#create(b.n), { dispose: (pool) => void pool.disposals++ })
    const { config, pool } = this
    // both change at one instant
    config?.onChange(({ next }) => expect(pool?.current.n).toBe(next.value.b.n))
  }

  holdGuard(): void {
    this.#guardWaits = gate()
  }

  releaseGuard(): void {
    this.#guardWaits?.open()
    this.#guardWaits = undefined
  }

  /** Waits until nothing goes on, unless the guard's check waits. @returns what the last reload resolved with */
  async settle(): Promise<string | undefined> {
    const { config } = this
    if (!config) return undefined
    const isBusy = (): boolean => {
      const { guard, pending } = config.health()
      return pending !== null || (guard?.state === 'baking' && !this.#guardWaits)
    }
    for (;;) {
      await until('nothing is pending or baking', () => !isBusy())
      const result = await config.reload()
      if (result !== 'changed' && !isBusy()) {
        for (let turn = 0; turn < 5; turn++) await setImmediate()
        return result
      }
    }
  }

  async close(): Promise<void> {
    await this.config?.close()
    this.config = this.journal = this.pool = undefined
    for (const { disposals } of this.#pools) expect(disposals, 'disposals of a resource').toBe(1)
    this.#pools.length = 0
  }

  /** What has to hold of the resource. */
  check(): void {
    const { config, journal, pool } = this
    journal?.check()
    if (!config || !pool) return
    expect(pool.current.n).toBe(config.current.b.n)
    expect(pool.current.disposals).toBe(0)
  }

  readonly #store: LastGoodStore = {
    load: async () => {
      if (this.isStoreBroken) throw new Error('no store')
      return this.#stored
    },
    save: async (bytes) => {
      if (this.isStoreBroken) throw new Error('no store')
      this.#stored = bytes
    },
  }

  async #judge(value: Value): Promise<void> {
    await this.#guardWaits?.passed
    if (isBad(value)) throw new Error('bad')
  }

  async #create(n: number): Promise<Pool> {
    await setImmediate()
    if (this.createFails) throw new Error('can not be built')
    const pool = { n, disposals: 0 }
    this.#pools.push(pool)
    return pool
  }
}

function sourceNamed(
  name: Name,
  files: Record<string, string>,
  mayBeEmpty = false,
): DrivenSource<Record<string, string>> {
  return drivenSource<Record<string, string>>(files, {
    name,
    reading: (held) => ({ entries: fileEntries(held), mayBeEmpty }),
  })
}
