import { equal, ok } from 'node:assert/strict'
import { AsyncResource } from 'node:async_hooks'
import { setImmediate } from 'node:timers/promises'

import { requestConfig } from '@hot-config/core'
import type { HotConfig, Resource } from '@hot-config/core'

import type { Gate } from '../../support/gate.ts'
import type { Value } from './content.ts'

/** What fails in a program when the world says so. */
export interface Faults {
  hookVetoes: boolean
  createFails: boolean
  /** What hooks wait for. */
  hooksWait: Gate | undefined
}

/** How a listener fails. */
export type Failure = 'throws' | 'rejects' | 'hangs'
export type Event = 'change' | 'part' | 'part at once' | 'reject' | 'reload'

/** A pool, as a program builds one from a part. */
interface Pool {
  readonly n: number
  disposals: number
}

/** The code around a configuration: hooks, resources, listeners and units of work. */
export class Program {
  readonly #config: HotConfig<Value>
  readonly #faults: Faults
  readonly #pools: Pool[] = []
  readonly #units: { readonly value: unknown; readonly read: () => unknown }[] = []
  readonly #followers: (() => void)[] = []
  /** What went wrong in a listener, which must not throw by itself. */
  readonly #errors: unknown[] = []
  readonly #resources: { readonly part: 'a' | 'b'; readonly pool: Resource<Pool> }[] = []
  hasHook = false
  hasResources = false
  /** How often a listener has failed. */
  failures = 0

  constructor(config: HotConfig<Value>, faults: Faults) {
    this.#config = config
    this.#faults = faults
  }

  addHook(): void {
    this.hasHook = true
    this.#config.beforeChange(async ({ signal }) => {
      await (this.#faults.hooksWait?.passed ?? setImmediate())
      if (this.#faults.hookVetoes && !signal.aborted) throw new Error('vetoed')
    })
  }

  /** Adds a resource that can always be built, and one that fails when the world says so. */
  async addResources(): Promise<void> {
    for (const part of ['a', 'b'] as const) {
      const options = { dispose: (pool: Pool) => void pool.disposals++ }
      const pool = await this.#config.resource(part, ({ n }) => this.#create(part, n), options)
      this.#resources.push({ part, pool })
      this.#config.onChange(() => this.#try(() => this.#checkResources()))
    }
    this.hasResources = true
  }

  addListener(event: Event, failure: Failure): void {
    const config = this.#config
    const listener = (): unknown => this.#fail(failure)
    if (event === 'change') config.onChange(listener)
    if (event === 'part') config.onChange('a', listener)
    if (event === 'part at once') config.onChange(({ b }) => b.n, listener, { immediate: true })
    if (event === 'reject') config.onReject(listener)
    if (event === 'reload') config.onReload(listener)
  }

  /** Follows a part, as code does that keeps it: it must know the newest one. */
  addFollower(part: 'a' | 'b' | 'c'): void {
    let known: unknown
    const follow = (next: unknown, previous: unknown): void => {
      this.#try(() => equal(previous, known, 'what a follower knew'))
      known = next
    }
    this.#config.onChange((value) => value[part], follow, { immediate: true })
    this.#followers.push(() => equal(known, this.#config.current[part], 'what a follower knows'))
  }

  /** Begins a unit of work, which never ends. */
  addUnit(): void {
    const read = this.#config.run(() => AsyncResource.bind(() => requestConfig() as unknown))
    this.#units.push({ value: this.#config.current, read })
  }

  check(): void {
    this.#checkResources()
    equal(this.#config.health().listenerErrors, this.failures, 'the errors of listeners')
    for (const check of this.#followers) check()
    for (const { value, read } of this.#units) equal(read(), value, 'what a unit of work reads')
    ok(this.#errors.length === 0, this.#errors[0] as Error)
  }

  /** What has to hold after `close()`. */
  checkClosed(): void {
    for (const { disposals } of this.#pools) equal(disposals, 1, 'disposals of a resource')
  }

  /** Resources and what serves change at one instant. */
  #checkResources(): void {
    for (const { part, pool } of this.#resources) {
      equal(pool.current.n, this.#config.current[part].n, 'what a resource was built from')
      equal(pool.current.disposals, 0, 'disposals of a resource in use')
    }
  }

  async #create(part: 'a' | 'b', n: number): Promise<Pool> {
    await setImmediate()
    if (this.#faults.createFails && part === 'b') throw new Error('can not be built')
    const pool = { n, disposals: 0 }
    this.#pools.push(pool)
    return pool
  }

  #fail(failure: Failure): unknown {
    if (failure === 'hangs') return new Promise(() => undefined)
    this.failures++
    if (failure === 'rejects') return Promise.reject(new Error('failed'))
    throw new Error('failed')
  }

  #try(check: () => void): void {
    try {
      check()
    } catch (error) {
      this.#errors.push(error)
    }
  }
}
