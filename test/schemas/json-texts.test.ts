import { createHotConfig, values } from '@hot-config/core'
import type { ConfigError, Schema } from '@hot-config/core'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { proves } from '../requirements.ts'
import { readText } from '../support/read-text.ts'

proves('text-is-exact')

afterEach(() => {
  vi.unstubAllEnvs()
})

type Read = { readonly value: unknown; readonly message?: undefined } | { readonly message: string }

async function read(schema: Schema, text: string | undefined): Promise<Read> {
  try {
    const sources = values(text === undefined ? {} : { x: text })
    await using config = await createHotConfig({ schema, logger: false, sources })
    return { value: (config.current as { x: unknown }).x }
  } catch (error) {
    expect((error as ConfigError).issues.map(({ path }) => path)).toEqual(['x'])
    return { message: (error as Error).message }
  }
}

/** The ways in which JSON in a text becomes a value. */
const WAYS: Readonly<Record<string, (text: string) => Promise<Read>>> = {
  'an Object of convict': (text) => read({ x: { format: Object, default: {} } }, text),
  'an Array of convict': (text) => read({ x: { format: Array, default: [] } }, text),
  'a list by default of convict': (text) => read({ x: { default: [] } }, text),
  'a variable of convict': (text) => {
    vi.stubEnv('JSON_TEXT', text)
    return read({ x: { format: Object, default: {}, env: 'JSON_TEXT' } }, undefined)
  },
  'an object of JSON Schema': (text) => read({ type: 'object', properties: { x: { type: 'object' } } }, text),
  'a list of JSON Schema': (text) => read({ type: 'object', properties: { x: { type: 'array' } } }, text),
}

const isList = (way: string): boolean => /Array|list/.test(way)

const name = fc.constantFrom('a', 'b', '', '__proto__', 'constructor', 'prototype', 'toString')
const number = fc.constantFrom('0', '-0', '1.5', '1e3', '1e400', '1e-400', '9007199254740993', '0.12345678901234567891')

/** Texts of JSON, also of such that `JSON.parse` changes without a word. */
const { json } = fc.letrec<{ json: string; object: string; list: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('null', 'true', '"x"', '"__proto__"'),
    number,
    tie('object'),
    tie('list'),
  ),
  object: fc
    .array(fc.tuple(name, tie('json')), { maxLength: 3 })
    .map((members) => `{${members.map(([key, value]) => `${JSON.stringify(key)}: ${value}`).join(', ')}}`),
  list: fc.array(tie('json'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
}))

describe.each(Object.keys(WAYS))('JSON in the text of %s', (way) => {
  const readBy = WAYS[way] as (text: string) => Promise<Read>
  const wrap = (text: string): string => (isList(way) ? `[${text}]` : `{"k": ${text}}`)

  it('is kept or rejected as the same JSON in a file', async () => {
    await fc.assert(
      fc.asyncProperty(json.map(wrap), async (text) => {
        const inFile = await readText('a.json', `{"x": ${text}}`)
        const { value, message } = (await readBy(text)) as { value?: unknown; message?: string }
        if (inFile.issue) expect(message).toMatch(/: expected JSON that can be kept; /)
        else expect(value).toEqual(inFile.value['x'])
      }),
      { numRuns: 30 },
    )
  })

  it.each([
    ['1e400', 'it is too large for a number: quote it'],
    ['{"a": 1, "a": 2}', 'it gives a name twice in one object'],
    ['{"__proto__": 1}', 'the key "__proto__" is not allowed'],
    [`${'['.repeat(5_000)}${']'.repeat(5_000)}`, 'it nests deeper than 100 levels'],
    [`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`, 'it nests deeper than 100 levels'],
  ])('is rejected with its reason: %#', async (text, reason) => {
    const { message } = await readBy(wrap(text))
    expect(message).toMatch(/ x: expected JSON that can be kept; /)
    expect(message).toContain(reason)
    expect(message).not.toContain('\n')
  })
})

it('JSON in the text of an Object of convict has no dot in a name, as in a file', async () => {
  const { message } = await read({ x: { format: Object, default: {} } }, '{"a": {"b.c": 1}}')
  expect(message).toBe(
    'values x: expected a JSON object without a dot in a name, which convict reads as the end of a name',
  )
  expect(await read({ x: { format: Array, default: [] } }, '[{"b.c": 1}]')).toEqual({ value: [{ 'b.c': 1 }] })
})
