import { describe, expect, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { drive } from '../support/follow.ts'

describe('a digest', () => {
  const digestOf = async (value: unknown): Promise<string> => {
    await using running = await drive(drivenSource(value))
    return running.config.snapshot.digest
  }

  it('is the same for the same content, whatever the order of its keys', async () => {
    const first = await digestOf({ a: 1, b: { c: [1, 2], d: 'x' } })
    expect(await digestOf({ b: { d: 'x', c: [1, 2] }, a: 1 })).toBe(first)
    expect(await digestOf({ a: 2, b: { c: [1, 2], d: 'x' } })).not.toBe(first)
    expect(await digestOf({ a: 1, b: { c: [2, 1], d: 'x' } })).not.toBe(first)
  })

  it('tells null from the numbers that JSON writes as null', async () => {
    const numbers = [null, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
    const digests = await Promise.all(numbers.map((number) => digestOf({ number })))
    expect(new Set(digests).size).toBe(numbers.length)
  })

  it("exists for instances of classes that can't be written as JSON", async () => {
    class Broken {
      toJSON(): never {
        throw new Error('no JSON of me')
      }
    }
    const getter = (): object => {
      const get = (): never => {
        throw new Error('not to be read')
      }
      return Object.defineProperty(new Error('guarded'), 'secret', { enumerable: true, get })
    }
    class Cyclic {
      readonly plain: Record<string, unknown> = {}
      constructor() {
        this.plain['self'] = this.plain
      }
    }
    class Cell {
      next: Cell | undefined
    }
    const chain = (): Cell => {
      const first = new Cell()
      for (let last = first, count = 0; count < 50_000; count++) last = last.next = new Cell()
      return first
    }
    class Returning {
      toJSON(): unknown {
        return new Cyclic().plain
      }
    }
    for (const make of [() => new Broken(), getter, () => new Cyclic(), chain, () => new Returning()]) {
      const digestBySchema = async (value: unknown): Promise<string | null> => {
        await using running = await drive(drivenSource({}), { schema: () => value })
        return running.config.health().digest
      }
      const digest = await digestBySchema({ a: make() })
      expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
      expect(await digestBySchema({ a: make() })).toBe(digest)
      expect(await digestBySchema({ a: make(), b: 1 })).not.toBe(digest)
    }
  })

  it('is the same when the content is the same again', async () => {
    await using running = await drive(drivenSource({ a: 1 }))
    const { config, update } = running
    const { digest } = config.snapshot
    await update({ a: 2 })
    expect(config.snapshot.digest).not.toBe(digest)
    await update({ a: 1 })
    expect(config.snapshot).toMatchObject({ digest, version: 3 })
  })
})
