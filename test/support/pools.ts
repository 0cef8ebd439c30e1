import type { CreateResource, HotConfig, Resource, ResourceOptions } from '@hot-config/core'
import { expect, vi } from 'vitest'
import type { Mock } from 'vitest'

import { eventually } from './eventually.ts'
import { gate } from './gate.ts'

export interface Pool {
  readonly size: number
  ended: number
}

export interface WithPool {
  readonly pool: { readonly size: number }
  readonly log: string
}

export const initial: WithPool = { pool: { size: 1 }, log: 'info' }

export interface PoolMaker {
  readonly create: Mock<(size: number) => Pool>
  readonly dispose: Mock<(pool: Pool) => void>
  readonly made: readonly Pool[]
  /** How often each was disposed of. */
  ended(): number[]
}

/** Makes pools, and remembers each of them. */
export function poolMaker(): PoolMaker {
  const made: Pool[] = []
  const create = vi.fn((size: number): Pool => {
    const pool = { size, ended: 0 }
    made.push(pool)
    return pool
  })
  const dispose = vi.fn((pool: Pool) => void pool.ended++)
  return { made, create, dispose, ended: () => made.map(({ ended }) => ended) }
}

export interface SlowPoolMaker extends Omit<PoolMaker, 'create'> {
  readonly create: CreateResource<number, Pool>
  readonly started: readonly { readonly signal: AbortSignal; finish(): void }[]
  /** Waits until so many were started. */
  begun(times: number): Promise<void>
  /** Adds the resource to the configuration, and finishes its first pool. */
  build(config: HotConfig<WithPool>, options?: ResourceOptions<Pool>): Promise<Resource<Pool>>
}

/** Makes pools one by one, each when the test says so, also when the signal aborts. */
export function slowPoolMaker(): SlowPoolMaker {
  const { create, ...maker } = poolMaker()
  const started: { readonly signal: AbortSignal; finish(): void }[] = []
  const createSlowly: CreateResource<number, Pool> = async (size, { signal }) => {
    const exit = gate()
    started.push({ signal, finish: exit.open })
    await exit.passed
    return create(size)
  }
  const begun = (times: number): Promise<void> => eventually(() => expect(started).toHaveLength(times))
  return {
    ...maker,
    create: createSlowly,
    started,
    begun,
    async build(config, options) {
      const first = config.resource('pool.size', createSlowly, options)
      await begun(1)
      started[0]?.finish()
      return first
    },
  }
}
