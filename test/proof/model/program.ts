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

/** A pool, as a program builds one from `b`. */
interface Pool {
  readonly n: number
  disposals: number
}

/** The code around a configuration: hooks, a resource, listeners and units of work. */
export class Program {
  readonly #config: HotConfig<Value>
  readonly #faults: Faults
  readonly #pools: Pool[] = []
  readonly #units: { readonly value: unknown; readonly read: () => unknown }[] = []
  /** What went wrong in a listener, which must not throw by itself. */
  readonly #errors: unknown[] = []
  #pool: Resource<Pool> | undefined
  hasHook = false
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

  get hasResource(): boolean {
    return this.#pool !== undefined
  }

  async addResource(): Promise<void> {
    this.#pool = await this.#config.resource('b', (b) => this.#create(b.n), {
      dispose: (pool) => void pool.disposals++,
    })
    this.#config.onChange(() => this.#try(() => this.#checkPool()))
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

  /** Begins a unit of work, which never ends. */
  addUnit(): void {
    const read = this.#config.run(() => AsyncResource.bind(() => requestConfig() as unknown))
    this.#units.push({ value: this.#config.current, read })
  }

  check(): void {
    this.#checkPool()
    equal(this.#config.health().listenerErrors, this.failures, 'the errors of listeners')
    for (const { value, read } of this.#units) equal(read(), value, 'what a unit of work reads')
    ok(this.#errors.length === 0, this.#errors[0] as Error)
  }

  /** What has to hold after `close()`. */
  checkClosed(): void {
    for (const { disposals } of this.#pools) equal(disposals, 1, 'disposals of a resource')
  }

  /** The resource and what serves change at one instant. */
  #checkPool(): void {
    if (!this.#pool) return
    equal(this.#pool.current.n, this.#config.current.b.n, 'what the resource was built from')
    equal(this.#pool.current.disposals, 0, 'disposals of the resource in use')
  }

  async #create(n: number): Promise<Pool> {
    await setImmediate()
    if (this.#faults.createFails) throw new Error('can not be built')
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
