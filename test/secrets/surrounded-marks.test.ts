import { createHotConfig } from '@hot-config/core'
import type { Schema } from '@hot-config/core'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import * as mini from 'zod/mini'

import { drivenSource } from '../support/driven-source.ts'
import { outwardText } from '../support/outward.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { proves } from '../requirements.ts'

proves('secrets-stay-secret')

/** The schema of a value, and the value with a secret in it. Nothing but the mark says that it is one. */
type Case = readonly [schema: unknown, value: (secret: string) => unknown]

const itself = (secret: string): unknown => secret
const inList = (secret: string): unknown => [secret]
const inObject = (secret: string): unknown => ({ at: secret })
const below = (secret: string): unknown => ({ at: secret, below: [{ at: secret, below: [{ at: secret }] }] })

const marked = v.pipe(v.string(), v.metadata({ sensitive: true }))
const markedItself = v.object({ at: marked, below: v.optional(v.array(v.lazy((): v.GenericSchema => markedItself))) })
const madeAnew = (): v.GenericSchema => v.object({ at: marked, below: v.optional(v.array(v.lazy(madeAnew))) })

const VALIBOT: Readonly<Record<string, Case>> = {
  optional: [v.optional(marked), itself],
  exactOptional: [v.object({ at: v.exactOptional(marked) }), inObject],
  nullable: [v.nullable(marked), itself],
  nullish: [v.nullish(marked), itself],
  undefinedable: [v.undefinedable(marked), itself],
  nonOptional: [v.nonOptional(v.optional(marked)), itself],
  nonNullable: [v.nonNullable(v.nullable(marked)), itself],
  nonNullish: [v.nonNullish(v.nullish(marked)), itself],
  fallback: [v.fallback(marked, ''), itself],
  'a pipe with a check': [v.pipe(marked, v.minLength(8)), itself],
  'pipes in pipes': [v.pipe(v.pipe(v.pipe(marked, v.trim()), v.minLength(8)), v.brand('it')), itself],
  'a pipe that says more of it': [v.pipe(marked, v.metadata({ unit: 'none' }), v.title('it')), itself],
  'a pipe to it': [v.pipe(v.string(), marked), itself],
  'a pipe through it': [v.pipe(v.string(), marked, v.transform(String), v.string()), itself],
  'a pipe to an object with it': [
    v.pipe(
      v.looseObject({}),
      v.transform((given) => given),
      v.object({ at: marked }),
    ),
    inObject,
  ],
  lazy: [v.lazy(() => marked), itself],
  'lazy in a pipe': [
    v.pipe(
      v.lazy(() => marked),
      v.check(() => true),
    ),
    itself,
  ],
  'an object': [v.object({ at: marked }), inObject],
  'a loose object': [v.looseObject({ at: marked }), inObject],
  'a strict object': [v.strictObject({ at: marked }), inObject],
  'the rest of an object': [v.objectWithRest({}, marked), inObject],
  'a part of an object': [v.partial(v.object({ at: marked })), inObject],
  'a picked entry': [v.pick(v.object({ at: marked, no: v.string() }), ['at']), inObject],
  'an object with a check': [
    v.pipe(
      v.object({ at: marked }),
      v.check(() => true),
    ),
    inObject,
  ],
  'a list': [v.array(marked), inList],
  'a tuple': [v.tuple([marked]), inList],
  'the rest of a tuple': [v.tupleWithRest([], marked), inList],
  'a record': [v.record(v.string(), marked), inObject],
  'the names of a record': [
    v.record(
      v.lazy(() => marked),
      v.string(),
    ),
    (secret) => ({ [secret]: '' }),
  ],
  'a map': [
    v.pipe(
      v.looseObject({}),
      v.transform((given) => new Map(Object.entries(given))),
      v.map(v.string(), marked),
    ),
    inObject,
  ],
  'a set': [
    v.pipe(
      v.array(v.string()),
      v.transform((given) => new Set(given)),
      v.set(marked),
    ),
    inList,
  ],
  'a union': [v.union([v.number(), marked]), itself],
  'a variant': [v.variant('no', [v.object({ no: v.optional(v.literal(1)), at: marked })]), inObject],
  'an intersection': [v.intersect([v.object({}), v.object({ at: marked })]), inObject],
  'a schema that contains itself': [markedItself, below],
  'a schema that creates itself anew': [madeAnew(), below],
}

type Zod = typeof z | typeof mini

/** The wrappers that zod and zod/mini have in common. */
function zodCases(given: Zod, code: mini.ZodMiniString<string>): Readonly<Record<string, Case>> {
  const lib = given as unknown as typeof mini
  const itselfInList = lib.object({
    at: code,
    get below() {
      return lib.optional(lib.array(lib.lazy((): mini.ZodMiniType => itselfInList)))
    },
  })
  const anew = (): mini.ZodMiniType => lib.object({ at: code, below: lib.optional(lib.array(lib.lazy(anew))) })
  const text = lib.string()
  return {
    optional: [lib.optional(code), itself],
    nullable: [lib.nullable(code), itself],
    nullish: [lib.nullish(code), itself],
    nonoptional: [lib.nonoptional(lib.optional(code)), itself],
    'a default': [lib._default(code, ''), itself],
    prefault: [lib.prefault(code, ''), itself],
    'read only': [lib.readonly(code), itself],
    // oxlint-disable-next-line promise/valid-params -- no promise
    catch: [lib.catch(code, ''), itself],
    'with a check': [code.check(lib.minLength(8)), itself],
    'a promise in a union': [lib.union([lib.promise(code), text]), itself],
    lazy: [lib.lazy(() => code), itself],
    'lazy in lazy': [lib.lazy(() => lib.optional(lib.lazy(() => code))), itself],
    'a pipe from it': [lib.pipe(code, text), itself],
    'a pipe to it': [lib.pipe(text, code), itself],
    'a pipe through it': [
      lib.pipe(lib.pipe(lib.pipe(text, lib.transform(String)), code), lib.transform(String)),
      itself,
    ],
    'a pipe through an object with it': [
      lib.pipe(
        lib.pipe(lib.looseObject({}), lib.object({ at: code })),
        lib.transform((value) => value),
      ),
      inObject,
    ],
    'a codec': [lib.codec(text, code, { decode: String, encode: String }), itself],
    'a template': [lib.templateLiteral(['', lib.union([code, lib.literal('no')])]), itself],
    'an object': [lib.object({ at: code }), inObject],
    'a loose object': [lib.looseObject({ at: code }), inObject],
    'other names of an object': [mini.catchall(lib.object({}), code), inObject],
    'a part of an object': [mini.partial(lib.object({ at: code })), inObject],
    'an extended object': [mini.extend(lib.object({}), { at: code }), inObject],
    'a list': [lib.array(code), inList],
    'a tuple': [lib.tuple([code]), inList],
    'the rest of a tuple': [lib.tuple([text], code), (secret) => ['', secret]],
    'a record': [lib.record(text, code), inObject],
    'the names of a record': [lib.record(lib.pipe(text, code), text), (secret) => ({ [secret]: '' })],
    'a map': [
      lib.pipe(
        lib.pipe(
          lib.looseObject({}),
          lib.transform((value) => new Map(Object.entries(value))),
        ),
        lib.map(text, code),
      ),
      inObject,
    ],
    'a set': [
      lib.pipe(
        lib.pipe(
          lib.array(text),
          lib.transform((value) => new Set(value)),
        ),
        lib.set(code),
      ),
      inList,
    ],
    'a union': [lib.union([lib.number(), code]), itself],
    'a union by a name': [
      lib.discriminatedUnion('no', [lib.object({ no: lib.optional(lib.literal(1)), at: code })]),
      inObject,
    ],
    'an intersection': [lib.intersection(lib.object({}), lib.object({ at: code })), inObject],
    'a schema that contains itself': [itselfInList, below],
    'a schema that creates itself anew': [anew(), below],
  }
}

const registry = mini.globalRegistry as mini.core.$ZodRegistry<{ sensitive: true }>
const markedMini = mini.string().register(registry, { sensitive: true })
const markedZod = z.string().meta({ sensitive: true })

const code = { type: 'string', sensitive: true }
const whole = (schema: object): object => ({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema })
/** Each is in `$defs` of an object, whose name `it` it describes. */
const inDefs = ($defs: Readonly<Record<string, object>>): object => ({ $defs, $ref: '#/$defs/it' })
const tree = (reference: object): object => ({ properties: { at: code, below: { items: reference } } })

const JSON_SCHEMA: Readonly<Record<string, Case>> = {
  properties: [{ properties: { at: code } }, inObject],
  patternProperties: [{ patternProperties: { '^a': code } }, inObject],
  additionalProperties: [{ additionalProperties: code }, inObject],
  unevaluatedProperties: [{ type: 'object', unevaluatedProperties: code }, inObject],
  propertyNames: [{ propertyNames: { allOf: [code] } }, (secret) => ({ [secret]: '' })],
  items: [{ items: code }, inList],
  prefixItems: [{ type: 'array', prefixItems: [code], minItems: 1, items: false }, inList],
  unevaluatedItems: [{ type: 'array', unevaluatedItems: code }, inList],
  contains: [{ type: 'array', contains: code }, inList],
  'contains an object': [{ type: 'array', contains: { properties: { at: code } } }, (secret) => [{ at: secret }]],
  allOf: [{ allOf: [{}, code] }, itself],
  anyOf: [{ anyOf: [{ type: 'number' }, code] }, itself],
  oneOf: [{ oneOf: [{ type: 'number' }, code] }, itself],
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  if: [{ if: { properties: { at: code } }, then: true }, inObject],
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: [{ if: true, then: { properties: { at: code } } }, inObject],
  else: [{ if: false, else: { properties: { at: code } } }, inObject],
  dependentSchemas: [{ dependentSchemas: { at: { properties: { at: code } } } }, inObject],
  $ref: [inDefs({ it: { $ref: '#/$defs/code' }, code }), itself],
  '$ref to an $id': [inDefs({ it: { $ref: 'code' }, code: { $id: 'code', ...code } }), itself],
  '$ref to an $anchor': [inDefs({ it: { $ref: '#code' }, code: { $anchor: 'code', ...code } }), itself],
  '$ref to itself': [inDefs({ it: tree({ $ref: '#/$defs/it' }) }), below],
  '$ref within a schema with an $id': [inDefs({ it: { $id: 'https://test/it', ...tree({ $ref: '#' }) } }), below],
  '$ref relative to an $id': [
    inDefs({
      it: { $id: 'https://test/deep/it', $ref: '../code' },
      code: { $id: 'https://test/code', ...code },
    }),
    itself,
  ],
  $dynamicRef: [inDefs({ it: { $dynamicAnchor: 'node', ...tree({ $dynamicRef: '#node' }) } }), below],
  '$dynamicRef to what an outer schema says': [
    inDefs({
      it: {
        $id: 'marked',
        $dynamicAnchor: 'node',
        $ref: 'plain',
        properties: { at: code },
      },
      plain: {
        $id: 'plain',
        $dynamicAnchor: 'node',
        type: 'object',
        properties: { below: { items: { $dynamicRef: '#node' } } },
      },
    }),
    below,
  ],
}

const CASES = [
  ...Object.entries(VALIBOT).map(([name, [schema, value]]) => [
    `valibot: ${name}`,
    v.object({ it: schema as v.GenericSchema, plain: v.string() }),
    value,
  ]),
  ...Object.entries(zodCases(z, markedZod as never)).map(([name, [schema, value]]) => [
    `zod: ${name}`,
    z.object({ it: schema as z.ZodType, plain: z.string() }),
    value,
  ]),
  ...Object.entries(zodCases(mini, markedMini)).map(([name, [schema, value]]) => [
    `zod/mini: ${name}`,
    mini.object({ it: schema as mini.ZodMiniType, plain: mini.string() }),
    value,
  ]),
  ...Object.entries(JSON_SCHEMA).map(([name, [schema, value]]) => {
    const { $defs, ...it } = schema as { readonly $defs?: object }
    return [`JSON Schema: ${name}`, whole({ $defs, properties: { it, plain: { type: 'string' } } }), value]
  }),
] as [string, Schema, Case[1]][]

describe('a mark within another schema', () => {
  it.each(CASES)('hides the value, and nothing beside it: %s', async (_name, schema, valueOf) => {
    const logger = recordingLogger()
    const source = drivenSource({ it: valueOf('hidden-first'), plain: 'plain-first' })
    await using config = await createHotConfig({ schema, sources: source, logger })
    const explained = [await config.explain('it'), await config.explain('plain')]
    source.set({ it: valueOf('hidden-second'), plain: 'plain-second' })
    expect(await config.reload()).toBe('changed')
    const shown = outwardText(config, logger) + JSON.stringify([explained, config.history()])
    expect(shown).toContain('plain-second')
    expect(shown).not.toContain('hidden')
  })
})
