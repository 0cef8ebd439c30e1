import { createHotConfig, NotReadyError, requestConfig, RequestPin, startHotConfig } from '@hot-config/core'
import type { GuardCheckContext, GuardedRequests } from '@hot-config/core'
import { createTestConfig } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { listen } from '../support/listen.ts'

describe('a request pin', () => {
  it('keeps for each request the snapshot that it read first', async () => {
    const config = createTestConfig({ n: 1 })
    const pin = new RequestPin(config)
    const [first, second, third] = [new Request('http://a.local'), {}, {}]
    expect(pin.of(first)).toBe(config.current)
    await config.set({ n: 2 })
    expect(pin.of(first)).toEqual({ n: 1 })
    expect(pin.of(second)).toEqual({ n: 2 })
    await config.set({ n: 3 })
    expect([first, second, third].map((request) => pin.of(request).n)).toEqual([1, 2, 3])
  })

  it('runs code in which requestConfig() returns the same, whatever it awaits, and returns what the code does', async () => {
    const config = createTestConfig({ n: 1 })
    const pin = new RequestPin(config)
    const work = async (): Promise<unknown> => {
      const before = requestConfig()
      await config.set({ n: config.current.n + 1 })
      return [before['n'], requestConfig()['n']]
    }
    const request = {}
    expect(await pin.run(request, work)).toEqual([1, 1])
    expect(await pin.run(request, work)).toEqual([1, 1])
    expect(await pin.run({}, work)).toEqual([3, 3])
  })

  it('is of its own configuration: one request may have several', () => {
    const request = {}
    const pins = [1, 2].map((n) => new RequestPin(createTestConfig({ n })))
    expect(pins.map((pin) => pin.of(request).n)).toEqual([1, 2])
  })

  it('keeps one snapshot of a configuration for a request, however many adapters read it', async () => {
    const config = createTestConfig({ n: 1 })
    const [outer, inner] = [new RequestPin(config), new RequestPin(config)]
    const request = {}
    expect(outer.of(request)).toEqual({ n: 1 })
    await config.set({ n: 2 })
    expect(inner.of(request)).toEqual({ n: 1 })
    expect(inner.of({})).toEqual({ n: 2 })
  })

  it('counts a request once for the guard, however many adapters handle it', async () => {
    const source = drivenSource<{ status: number }>({ status: 200 })
    const counted: GuardedRequests[] = []
    const guard = { bakeMs: 60_000, intervalMs: 5, check: ({ requests }: GuardCheckContext) => counted.push(requests) }
    await using config = await createHotConfig({ sources: source, guard, logger: false })
    const pins = [new RequestPin(config), new RequestPin(config)]
    await using served = await listen((request, response) => {
      // Fastify has requests of its own for those of Node
      for (const each of [request, { raw: request }]) for (const pin of pins) pin.watch?.(each, response)
      // whichever of them the program reads
      const pin = pins[Number(request.url?.slice(1)) % 2]
      response.writeHead(pin?.of(request)['status'] as number).end()
    })
    source.set({ status: 500 })
    await config.reload()
    for (let i = 0; i < 10; i++) expect((await fetch(`${served.url}/${i}`)).status).toBe(500)
    await eventually(() => expect(counted.at(-1)).toEqual({ total: 10, failed: 10 }))
  })

  it('throws while there is no snapshot, and pins nothing', async () => {
    const source = drivenSource({ n: 1 })
    source.hang()
    const { config, ready } = startHotConfig({ sources: source, logger: false })
    const pin = new RequestPin(config)
    const request = {}
    expect(() => pin.of(request)).toThrow(NotReadyError)
    source.set({ n: 1 })
    await ready
    expect(pin.of(request)).toEqual({ n: 1 })
    await config.close()
  })
})
