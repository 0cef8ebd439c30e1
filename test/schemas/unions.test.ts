import { createHotConfig, values, volume } from '@hot-config/core'
import type { ConfigError, Schema } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { Type as Type034 } from '@sinclair/typebox'
import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'

import { proves } from '../requirements.ts'
import { unwatched } from '../support/unwatched.ts'

proves('text-is-exact')

/** The configuration, or the problems of it. */
async function read(schema: Schema, tree: object): Promise<unknown> {
  try {
    await using config = await createHotConfig({ schema, sources: values({ ...tree }), logger: false })
    return config.current
  } catch (error) {
    return (error as ConfigError).issues.map(({ path, message }) => `${path}: ${message}`).toSorted()
  }
}

type Union = (branches: readonly object[]) => Schema

const UNIONS: Readonly<Record<string, Union>> = {
  anyOf: (branches) => ({ type: 'object', properties: { x: { anyOf: branches } } }),
  oneOf: (branches) => ({ type: 'object', properties: { x: { oneOf: branches } } }),
  'anyOf of references': (branches) => ({
    type: 'object',
    properties: { x: { anyOf: branches.map((_branch, index) => ({ $ref: `#/$defs/${index}` })) } },
    $defs: Object.fromEntries(branches.entries()),
  }),
  'a union in a union': (branches) => ({
    type: 'object',
    properties: { x: { anyOf: [{ type: 'null' }, { oneOf: branches }] } },
  }),
}

const text = { type: 'string' }
const integer = { type: 'integer' }
const boolean = { type: 'boolean' }
const listOf = (items: object): object => ({ type: 'array', items })
const store = (kind: string, db: object): object => ({
  type: 'object',
  properties: { kind: { const: kind }, db, timeout: integer },
  required: ['kind', 'db', 'timeout'],
})
const stored = (kind: string, db: unknown, timeout: unknown): object => ({ kind, db, timeout })

/** Branches, and what texts become by them. */
const CASES: Readonly<Record<string, [branches: object[], read: (readonly [given: unknown, value: unknown])[]]>> = {
  'lists of texts and booleans': [
    [listOf(text), boolean],
    [
      ['true', true],
      ['a,b', ['a', 'b']],
      ['off', ['off']],
    ],
  ],
  'lists of numbers and numbers': [
    [listOf(integer), integer],
    [
      ['1', 1],
      ['1,2', [1, 2]],
      ['[3]', [3]],
    ],
  ],
  'lists and objects': [
    [listOf(text), { type: 'object', properties: { a: integer } }],
    [
      ['{"a":"1"}', { a: 1 }],
      ['a', ['a']],
    ],
  ],
  'a literal and numbers': [
    [{ const: 'auto' }, integer],
    [
      ['auto', 'auto'],
      ['7', 7],
    ],
  ],
  'literals of two types': [
    [{ const: 5 }, { type: 'boolean', enum: [true] }],
    [
      ['5', 5],
      ['TRUE', true],
    ],
  ],
  'numbers in two ranges': [
    [
      { type: 'integer', maximum: 9 },
      { type: 'number', minimum: 10 },
    ],
    [
      ['5', 5],
      ['10.5', 10.5],
    ],
  ],
  'objects that a literal tells apart': [
    [store('redis', integer), store('file', text)],
    [
      [stored('file', '007', '5'), stored('file', '007', 5)],
      [stored('redis', '007', '5'), stored('redis', 7, 5)],
    ],
  ],
  'objects of which one allows texts as well': [
    [store('redis', integer), store('file', { type: ['string', 'integer'] }), store('any', {})],
    [
      [stored('file', '007', '5'), stored('file', '007', 5)],
      [stored('any', '007', '5'), stored('any', '007', 5)],
    ],
  ],
  'objects that a number tells apart': [
    [
      { type: 'object', properties: { v: { const: 1 }, id: integer }, required: ['id'] },
      { type: 'object', properties: { v: { enum: [2, 3] }, id: text }, required: ['id'] },
    ],
    [
      [
        { v: '1', id: '07' },
        { v: 1, id: 7 },
      ],
      [
        { v: '3', id: '07' },
        { v: 3, id: '07' },
      ],
    ],
  ],
}

describe.each(Object.entries(UNIONS))('a text in a union (%s)', (_form, union) => {
  it.each(Object.entries(CASES))(
    'is read by the branch that fits, in any order: %s',
    async (_what, [branches, reads]) => {
      for (const ordered of [branches, branches.toReversed()]) {
        for (const [given, value] of reads) expect(await read(union(ordered), { x: given })).toEqual({ x: value })
      }
    },
  )

  it('is no list that is not exact, and no number that is rounded', async () => {
    const problems = await read(union([listOf(integer), integer]), { x: '1234567890123456789' })
    expect(problems).toEqual([expect.stringMatching(/^x: expected .*this value is too large or has too many digits$/)])
  })

  it('is only reported where the branch that is meant does not fit', async () => {
    for (const branches of [
      [store('redis', integer), store('file', text)],
      [store('file', text), store('redis', integer)],
    ]) {
      const of = async (x: object): Promise<unknown> => read(union(branches), { x })
      expect(await of(stored('file', '007', '30s'))).toEqual([
        'x.timeout: expected a whole number; write the number alone, without a unit',
      ])
      expect(await of({ kind: 'file', timeout: '5' })).toEqual(['x.db: is missing'])
      expect(await of(stored('flie', '007', '5'))).toEqual([expect.stringMatching(/^x\.kind: expected ".*" or ".*"$/)])
    }
  })
})

describe('a text in a union', () => {
  it.each([
    [
      'TypeBox',
      Type.Object({ cors: Type.Object({ origin: Type.Union([Type.Array(Type.String()), Type.Boolean()]) }) }),
    ],
    [
      'TypeBox 0.34',
      Type034.Object({
        cors: Type034.Object({ origin: Type034.Union([Type034.Array(Type034.String()), Type034.Boolean()]) }),
      }),
    ],
  ])('of %s is read from a file', async (_library, schema) => {
    await using mounted = { ...(await createConfigMapVolume()), [Symbol.asyncDispose]: () => mounted.remove() }
    await mounted.update({ 'app.properties': 'cors.origin=true\n' })
    const sources = unwatched(volume(mounted.path))
    await using config = await createHotConfig({ schema: schema as Schema, sources, logger: false })
    expect(config.current).toEqual({ cors: { origin: true } })
  })

  it('is read where the union is the whole schema, and where a branch is', async () => {
    const named = (kind: string, value: object): object => ({
      type: 'object',
      properties: { kind: { const: kind }, value, below: { anyOf: [listOf(text), { $ref: '#' }, boolean] } },
      required: ['kind', 'value'],
    })
    for (const id of [{}, { $id: 'https://example.org/app' }]) {
      const schema = { ...id, anyOf: [named('a', text), named('b', integer)] }
      const tree = { kind: 'b', value: '5', below: { kind: 'a', value: '5', below: 'true' } }
      expect(await read(schema, tree)).toEqual({
        kind: 'b',
        value: 5,
        below: { kind: 'a', value: '5', below: true },
      })
    }
  })

  it.each([
    ['a/b~c %25 d#?"\u00e9', {}],
    ['a/b~c d#?"\u00e9', { $id: 'https://example.org/part' }],
  ])('is read below the name %s, with references from there', async (name, id) => {
    const part = { ...id, anyOf: [listOf(text), { $ref: '#/$defs/on' }], $defs: { on: boolean } }
    const schema = { type: 'object', properties: { [name]: part }, $defs: { on: boolean } }
    expect(await read(schema, { [name]: 'true' })).toEqual({ [name]: true })
  })

  it('is read beside the rules of the object that has the union', async () => {
    const schema = {
      type: 'object',
      properties: { port: integer },
      anyOf: [{ required: ['a'], properties: { a: integer } }, { required: ['b'] }],
    }
    expect(await read(schema, { port: '80', a: '1' })).toEqual({ port: 80, a: 1 })
    expect(await read(schema, { port: '80' })).toEqual(['a: is missing', 'b: is missing'])
  })

  it('gets no default of a branch, as ajv adds none', async () => {
    const branch = { type: 'object', required: ['n'], properties: { n: integer, d: { default: 1 } } }
    expect(await read({ type: 'object', properties: { x: { anyOf: [branch, boolean] } } }, { x: { n: '5' } })).toEqual({
      x: { n: 5 },
    })
  })

  it('splits at a separator', async () => {
    const branch = { type: 'object', properties: { hosts: { type: 'string', separator: ',' }, n: integer } }
    const schema = { type: 'object', properties: { x: { anyOf: [branch, boolean] } } }
    expect(await read(schema, { x: { hosts: 'a,b', n: '5' } })).toEqual({ x: { hosts: ['a', 'b'], n: 5 } })
  })

  it('that no branch reads is reported in time, however many combinations the unions have', async () => {
    const node = (own: object): object => ({
      type: 'object',
      properties: { below: { anyOf: [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/b' }] }, ...own },
    })
    const schema = { $ref: '#/$defs/a', $defs: { a: node({ x: integer }), b: node({ x: integer, y: integer }) } }
    let tree: object = { x: 'none' }
    for (let depth = 0; depth < 12; depth++) tree = { x: '5', below: tree }
    expect(await read(schema, tree)).toContainEqual(expect.stringMatching(/x: expected a whole number$/))
  })
})
