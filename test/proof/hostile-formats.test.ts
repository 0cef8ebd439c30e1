import type { Format, ValuePosition } from '@hot-config/core'
import * as fc from 'fast-check'
import { expect } from 'vitest'

import { changedGlobals, globalsNow } from '../support/globals.ts'
import { HostileRun } from '../support/hostile-run.ts'
import { HOSTILE_SCHEMAS } from '../support/hostile-schemas.ts'
import { SECRET } from '../support/hostile-texts.ts'
import { proof } from './proof.ts'

const cycle: Record<string, unknown> = {}
cycle['again'] = [cycle]

/** What no format should return, and one may. */
const ODD: readonly (() => unknown)[] = [
  () => undefined,
  () => null,
  () => NaN,
  () => -0,
  () => Infinity,
  () => 1n,
  () => Symbol('odd'),
  () => (): number => 1,
  () => new Date(0),
  () => new Date(NaN),
  () => /x/,
  () => new Map([['a', 1]]),
  () => new Set([1]),
  () => Buffer.from(SECRET),
  () => new Error(SECRET),
  () => cycle,
  () => new Proxy({}, { ownKeys: () => fail() }),
  () => new Proxy([], { get: () => fail() }),
  () => Object.create(null) as unknown,
  () => Object.defineProperty({}, 'a', { enumerable: true, get: fail }),
  () => Object.defineProperty({}, '__proto__', { enumerable: true, value: { polluted: 1 } }),
  () => JSON.parse('{"constructor": {"prototype": {"polluted": 1}}}') as unknown,
  // oxlint-disable-next-line unicorn/no-thenable -- that is what is odd about it
  () => ({ then: (resolve: (value: unknown) => void) => resolve({ a: SECRET }) }),
  () => ({ toJSON: () => fail() }),
  () => ({ [Symbol.toPrimitive]: fail, toString: fail }),
  () => Object.assign([1, 2], { extra: SECRET }),
  () => Array(3),
  () => ({ length: 2 ** 32 }),
  () => new URL('http://user:password@host'),
  () => Array.from({ length: 200 }).reduce<unknown>((below) => ({ a: below }), 1),
]

function fail(): never {
  throw Object.assign(new Error(`odd ${SECRET}`), { line: -1, column: NaN, expected: 1 })
}

const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(...ODD).map((make) => make()),
    fc.constantFrom<unknown>('x', 1, true, SECRET, { a: 1 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'port', 'log', 'vault', 'x.y', '', SECRET), tie('value'), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  ),
})).value

const position = fc.record<ValuePosition>({
  path: fc.array(fc.constantFrom<string | number>('a', 'port', 0, '__proto__', ''), { maxLength: 3 }),
  line: fc.constantFrom(1, 2),
})

const thrown = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, SECRET, 1, fail, Symbol('odd'), new Proxy({}, { get: fail })),
  fc.record({
    message: fc.constant(SECRET),
    line: fc.constantFrom<unknown>(1, '1', NaN),
    expected: fc.constantFrom<unknown>('x', 1),
  }),
)

/** A parser of the program that is as odd as can be. Its positions are right. */
const format: fc.Arbitrary<Format> = fc
  .record({
    value,
    thrown,
    positions: fc.array(position, { maxLength: 5 }),
    how: fc.constantFrom('returns', 'resolves', 'throws', 'rejects', 'loses positions'),
  })
  .map(({ value, thrown, positions, how }) => ({
    name: 'odd',
    parse: () => {
      if (how === 'throws') throw thrown
      if (how === 'rejects') return Promise.reject(thrown)
      return how === 'resolves' ? Promise.resolve(value) : value
    },
    positions: () => (how === 'loses positions' ? fail() : positions),
  }))

proof(
  'whatever a format of the program returns or throws, a snapshot stays valid, and no secret of its text is shown',
  { proves: ['content-is-data', 'never-invalid'], unit: 'texts', small: 400, large: 100_000 },
  async ({ size, seed, count }) => {
    const before = globalsNow()
    const runs = new Map<string, HostileRun>()
    for (const [name, schema] of Object.entries(HOSTILE_SCHEMAS)) {
      // Code of the program may return instances of classes, which are kept as they are.
      runs.set(name, await HostileRun.start({ schema, isSecret: false, mayHoldInstances: true }))
    }
    const property = fc.asyncProperty(format, fc.constantFrom(...runs.keys()), fc.nat(), async (format, kind, text) => {
      count()
      await runs.get(kind)!.check({ bytes: Buffer.from(`line 1\nline ${text}`), key: 'a.odd', format })
    })
    try {
      await fc.assert(property, { seed, numRuns: size })
    } finally {
      for (const run of runs.values()) await run[Symbol.asyncDispose]()
    }
    expect(changedGlobals(before)).toEqual([])
  },
)
