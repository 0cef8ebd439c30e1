import { createHotConfig } from '@hot-config/core'
import type { HotConfig, Schema, Source } from '@hot-config/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { drivenSource } from '../support/driven-source.ts'
import { loadError } from '../support/load-error.ts'

type Tree = Record<string, unknown>

const NAMES = ['a', 'b', 'c', 'toString', 'valueOf'] as const

/** Few names and few values, so that the same part occurs at several paths and in several updates. */
const { tree } = fc.letrec<{ tree: Tree; value: unknown }>((tie) => ({
  tree: fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'tree' },
    fc.constantFrom(0, -0, 1, 'x', 'y', true, null, undefined, Number.NaN),
    fc.array(tie('value'), { maxLength: 3, depthIdentifier: 'tree' }),
    tie('tree'),
  ),
}))

const any = z.unknown().optional()
const closed = z.object({ a: any, b: any })

/** The same part has other names, or another type, at another path. */
const SCHEMAS: Readonly<Record<string, Schema | undefined>> = {
  'no schema': undefined,
  'a function that returns its input': (input) => input,
  'a function that returns one part twice': (input) => ({ ...input, twice: [input['a'], input['a']] }),
  'zod, with names that differ from path to path': z.object({
    a: closed.optional(),
    b: z.object({ b: closed.optional(), c: any }).optional(),
    c: any,
  }),
  'zod, with types that differ from path to path': z.object({
    a: z.record(z.string(), z.unknown()).optional(),
    b: z.union([z.string(), z.array(closed)]).optional(),
    c: z.looseObject({ a: z.number().optional() }).optional(),
  }),
  'JSON Schema': {
    type: 'object',
    properties: { a: { type: 'object', properties: { a: {}, b: {} } }, b: {}, c: { type: 'array', items: {} } },
  },
  convict: {
    a: { format: Object, default: {} },
    b: { format: '*', default: null, nullable: true },
    c: { a: { format: '*', default: 1 }, b: { format: '*', default: 2 } },
  },
}

/** What a program, a log or a probe can see of a configuration. */
function seenOf(config: HotConfig<unknown>): unknown {
  const { status, lastRejection, sources, digest } = config.health()
  return {
    value: config.current,
    order: JSON.stringify(config.current),
    digest,
    ...(lastRejection ? { issues: lastRejection.issues } : { status, warnings: sources[0]?.warnings }),
  }
}

/** A tree with as many names in each object, of which some are others, and have no values. */
function renamed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const others = NAMES.filter((name) => !Object.hasOwn(value, name))
  return Object.fromEntries(
    Object.entries(value).map(([name, below], index) => {
      const other = index % 2 === 0 ? others[index] : undefined
      return other === undefined ? [name, renamed(below)] : [other, undefined]
    }),
  )
}

function isFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  return Object.isFrozen(value) && Object.values(value).every(isFrozen)
}

describe('an update that shares parts with earlier ones', () => {
  it.each(Object.keys(SCHEMAS))(
    'is judged as in a new process, whatever came before: %s',
    { timeout: 60_000 },
    async (name) => {
      const schema = SCHEMAS[name] as Schema
      const start = (source: Source): Promise<HotConfig<unknown>> =>
        createHotConfig({ ...(schema && { schema }), sources: source, logger: false, emptied: 'accept' })
      const updates = fc.array(fc.tuple(tree, fc.constantFrom('new', 'moved', 'renamed', 'taken from the snapshot')), {
        minLength: 2,
        maxLength: 6,
      })
      await fc.assert(
        fc.asyncProperty(updates, async (given) => {
          const source = drivenSource<Tree>({})
          await using config = await start(source)
          let last: Tree = {}
          for (const [drawn, kind] of given) {
            // the part of one path at another, as another object with the same content, or as the very object that is served
            const origin = kind === 'moved' ? structuredClone(last) : (config.current as Tree)
            const moved = { ...drawn, b: origin['a'], a: origin['b'], c: origin['c'] }
            const held = kind === 'new' ? drawn : kind === 'renamed' ? (renamed(last) as Tree) : moved
            source.set(held)
            const result = await config.reload()
            expect(isFrozen(config.current)).toBe(true)
            const alone = start(drivenSource(held))
            if (result === 'rejected') {
              const { issues } = await loadError(alone)
              expect(config.health().lastRejection?.issues).toEqual(issues.map(({ code: _code, ...issue }) => issue))
              continue
            }
            await using fresh = await alone
            expect(seenOf(config)).toStrictEqual(seenOf(fresh))
            last = held
          }
        }),
        { numRuns: 40 },
      )
    },
  )

  it('is checked again where an instance was changed in place, and where what the instance holds was', async () => {
    class Node {
      readonly plain: Tree = { list: [1] }
    }
    const schema = { size: { format: Number, default: 0 }, node: { format: Object, default: {} } } as Schema
    for (const cycle of [
      (node: Node) => (node.plain['self'] = node.plain),
      (node: Node) => (node.plain['up'] = node),
    ]) {
      const node = new Node()
      const source = drivenSource<Tree>({ size: 1, node })
      await using config = await createHotConfig({ schema, sources: source, logger: false })
      source.set({ size: 2, node })
      expect(await config.reload()).toBe('changed')
      cycle(node)
      source.set({ size: 3, node })
      // convict never ends with a cycle
      expect(await config.reload()).toBe('rejected')
      expect(config.current).toMatchObject({ size: 2 })
    }
  })

  it('keeps a key that would set the prototype', async () => {
    const source = drivenSource<Tree>({ size: 0 })
    const schema = ({ size }: Tree): Tree => JSON.parse(`{"a":1,"__proto__":{"size":${String(size)}},"size":1}`) as Tree
    await using config = await createHotConfig({ schema, sources: source, logger: false })
    for (let size = 1; size < 4; size++) {
      source.set({ size })
      expect(await config.reload()).toBe('changed')
      expect(Object.getOwnPropertyDescriptor(config.current, '__proto__')?.value).toEqual({ size })
      expect(Object.getPrototypeOf(config.current)).toBe(Object.prototype)
    }
  })

  it('hides what has become secret, and shows what is no longer', async () => {
    const part = { level: 'a word of the part' }
    let isSecret = false
    const source = drivenSource<Tree>(part, {
      reading: (held) => ({ entries: [{ path: ['log'], value: held, secret: isSecret }] }),
    })
    let fails = false
    const schema = (input: Tree): Tree => {
      if (fails) throw new Error(`not good: ${(input['log'] as typeof part).level}`)
      return input
    }
    for (const flags of [
      [false, true],
      [true, true],
      [false, true, true],
    ]) {
      await using config = await createHotConfig({ schema, sources: source, logger: false })
      for (isSecret of flags) {
        fails = false
        source.set({ ...part })
        await config.reload()
        fails = true
        expect(await config.reload()).toBe('rejected')
        const { message = '' } = config.health().lastRejection ?? {}
        expect(message.includes(part.level)).toBe(!isSecret)
        fails = false
      }
      isSecret = false
    }
  })
})
