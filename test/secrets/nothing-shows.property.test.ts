import { inspect } from 'node:util'

import type { Entry, JsonSchema, Schema } from '@hot-config/core'
import { Type } from '@sinclair/typebox'
import * as v from 'valibot'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { exposed } from './exposed.ts'
import type { Said } from './exposed.ts'
import { leaksIn } from './leaks.ts'
import { proves } from '../requirements.ts'

proves('secrets-stay-secret')

const TIMEOUT_MS = 300_000

/** Letters that no text of ours has three of in a row. */
const LETTERS = 'ZQXJVKWYzqxjvkwy'

/** What JSON, URLs, HTML and shells treat in a way of their own. */
const MARKS = [
  '"',
  '\\',
  '/',
  '%',
  '&',
  '=',
  '+',
  '@',
  ':',
  '#',
  '?',
  ' ',
  '\n',
  "'",
  '<',
  '$',
  '{',
  'ß',
  '€',
  '漢',
  '😀',
]

/** Letters with single marks between them, and some with blanks around them. */
const marked = fc
  .array(fc.tuple(letters(2, 5), fc.constantFrom('', ...MARKS)), { minLength: 2, maxLength: 12 })
  .map((parts) => `${parts.flat().join('')}${LETTERS}`)

const long = fc.integer({ min: 1_000, max: 100_000 }).map(longText)

const secrets = fc.oneof(
  { weight: 3, arbitrary: letters(3, 5) },
  { weight: 6, arbitrary: letters(6, 60) },
  { weight: 8, arbitrary: marked },
  { weight: 2, arbitrary: marked.map((text) => `  ${text}\n`) },
  { weight: 1, arbitrary: long },
)

/** Where a secret stands, and why it is one. */
const PLACES: Readonly<Record<string, (secret: string) => Pick<Said, 'options'> & { entries: readonly Entry[] }>> = {
  'a redacted path': (secret) => ({ ...plain({ vault: { it: secret } }), options: { redact: ['vault.it'] } }),
  'below a redacted path': (secret) => ({ ...plain({ vault: [{ it: secret }] }), options: { redact: ['vault'] } }),
  'a key below a redacted path': (secret) => ({ ...plain({ vault: { [secret]: 1 } }), options: { redact: ['vault'] } }),
  'a name': (secret) => plain({ db: { password: secret } }),
  'a key below a name': (secret) => plain({ tokens: { [secret]: { since: 2020 } } }),
  'a list': (secret) => plain({ tokens: ['other', secret] }),
  'a list in one text': (secret) => plain({ tokens: `other,${secret.trim()}` }),
  'a URL': (secret) => plain({ db: { credentials: `pg://user:${encodeURIComponent(secret)}@host/db` } }),
  'JSON in a text': (secret) => plain({ credentials: JSON.stringify({ deep: [{ it: secret }] }) }),
  'base64 in a text': (secret) => plain({ credentials: Buffer.from(secret).toString('base64') }),
  'a secret value': (secret) => ({ entries: [{ path: ['vault'], value: { it: secret }, secret: true }] }),
  'a key of a secret value': (secret) => ({ entries: [{ path: ['vault'], value: { [secret]: 1 }, secret: true }] }),
  'a key above an empty object': (secret) => plain({ tokens: { deep: { [secret]: {} } } }),
  'a key of a secret value above an empty object': (secret) => ({
    entries: [{ path: ['vault'], value: { [secret]: { deep: {} } }, secret: true }],
  }),
  'a secret document': (secret) => file('vault.json', JSON.stringify({ vault: { it: secret } })),
  // not at the top: convict's schema below declares these names, and a name that the program declares is no secret
  'a key of a secret document': (secret) => file('vault.json', JSON.stringify({ vault: { [secret]: { it: 1 } } })),
  'a key of a secret document above an empty object': (secret) =>
    file('vault.json', JSON.stringify({ vault: { [secret]: {} } })),
  'a secret file': (secret) => file('VAULT', secret),
}

/** Half of a character, which is in no valid JSON Schema. */
const HALF = /\p{Surrogate}/gu

/** How a program may write it. */
const QUOTES: Readonly<Record<string, (secret: string) => string>> = {
  'as it is': (secret) => secret,
  trimmed: (secret) => secret.trim(),
  'within a word': (secret) => `abc${secret}def`,
  'as JSON': (secret) => JSON.stringify({ it: secret }),
  'as JSON in JSON': (secret) => JSON.stringify(JSON.stringify([secret])),
  'as a log prints it': (secret) => inspect({ it: secret }, { maxStringLength: null }),
  'URL-encoded': (secret) => encodeURIComponent(secret),
  'as in a form': (secret) => new URLSearchParams({ it: secret }).toString(),
  'as the password of a URL': (secret) => {
    const url = new URL('pg://user@host/')
    url.password = secret
    return `${url.password} ${url.href}`
  },
  'in base64': (secret) => Buffer.from(secret).toString('base64'),
  'in base64 for URLs': (secret) => Buffer.from(secret).toString('base64url'),
  'in base64 of more': (secret) => `Basic ${Buffer.from(`user:${secret}:more`).toString('base64')}`,
  'in base64 of JSON': (secret) => Buffer.from(JSON.stringify({ a: 1, it: secret })).toString('base64'),
  'in hex': (secret) => Buffer.from(secret).toString('hex'),
  'in capital hex': (secret) => `0x${Buffer.from(secret).toString('hex').toUpperCase()}`,
  'as bytes': (secret) => inspect(Buffer.from(secret).subarray(0, 50)),
  'cut at its end': (secret) => `${secret.slice(0, Math.max(6, secret.length - 3)).replace(HALF, '')}...`,
  'cut at its start': (secret) => `...${secret.slice(secret.length > 8 ? 3 : 0).replace(HALF, '')}`,
  'as a parser excerpts it': (secret) => messageOf(() => JSON.parse(secret)),
  'as a parser excerpts it in JSON': (secret) => messageOf(() => JSON.parse(`{"it": "${secret}`)),
}

/** Schemas that move what they are given, and quote a text when the version is `invalid`. */
const LIBRARIES: Readonly<Record<string, (quote: string, entries: readonly Entry[]) => Schema | undefined>> = {
  'no schema': () => undefined,
  'a function': (quote) => (input: Record<string, unknown>) => {
    if (input['version'] === 'invalid') throw new Error(`can't use ${quote}`)
    return { ...input, moved: JSON.stringify(input), renamed: { deep: input['vault'] }, [quote]: 1 }
  },
  zod: (quote) =>
    z
      .looseObject({ version: z.string() })
      .superRefine(({ version }, context) => {
        if (version !== 'invalid') return
        for (const path of [[], ['version'], ['db', 'password'], ['tokens', quote]]) {
          context.addIssue({ code: 'custom', message: `zod rejects ${quote}`, path })
        }
      })
      .transform((input) => ({ ...input, moved: [input], size: JSON.stringify(input).length })),
  valibot: (quote) =>
    v.pipe(
      v.looseObject({ version: v.string() }),
      v.check(({ version }) => version !== 'invalid', `valibot rejects ${quote}`),
    ),
  'JSON Schema': jsonSchema,
  TypeBox: (quote) =>
    Type.Object(
      { version: Type.String({ pattern: '^(?!invalid)', description: quote }), db: Type.Optional(Type.Unknown()) },
      { additionalProperties: Type.Union([Type.String(), Type.Number(), Type.Unknown()]) },
    ),
  convict: (quote, entries) => ({
    ...Object.fromEntries(entries.flatMap(topLevel).map(([name, value]) => [name, convictEntry(value)])),
    version: {
      default: '',
      format: (version: unknown) => {
        if (version === 'invalid') throw new Error(`convict rejects ${quote}`)
      },
    },
  }),
}

/** Fails at every place where a secret may be, in as many ways as ajv has, and has the quote in itself. */
function jsonSchema(quote: string): JsonSchema {
  const wrong = {
    anyOf: [{ const: quote }, { enum: [quote, 'other'] }, { type: 'string', maxLength: 0 }],
    properties: { [quote]: false, password: { type: 'number', const: quote }, it: { type: 'number' } },
    additionalProperties: { type: 'string', pattern: `^${quote.replaceAll(/[^a-zA-Z]/g, '.')}$`, maxLength: 1 },
    propertyNames: { maxLength: 1 },
    items: { type: 'number' },
    maxProperties: 0,
    maxItems: 0,
    errorMessage: quote,
  }
  const places = ['vault', 'db', 'tokens', 'credentials', 'VAULT'].map((name) => [name, wrong])
  return Object.fromEntries([
    ['type', 'object'],
    ['properties', { version: { type: 'string' } }],
    ['if', { properties: { version: { not: { const: 'invalid' } } } }],
    ['else', { properties: Object.fromEntries(places) as object }],
  ]) as JsonSchema
}

function convictEntry(value: unknown): object {
  if (Array.isArray(value)) return { default: [], format: Array }
  return typeof value === 'object' ? { default: {}, format: Object } : { default: '', format: String }
}

/** The names and values at the top of what an entry gives. */
function topLevel(entry: Entry): [string, unknown][] {
  if ('path' in entry) {
    const [name] = entry.path
    return name === undefined ? Object.entries(entry.value as object) : [[name, entry.value]]
  }
  const text = Buffer.from(entry.bytes).toString()
  return entry.key.endsWith('.json') ? Object.entries(JSON.parse(text) as object) : [[entry.key, text]]
}

function plain(value: Readonly<Record<string, unknown>>): { entries: readonly Entry[] } {
  return { entries: [{ path: [], value }] }
}

function file(key: string, text: string): { entries: readonly Entry[] } {
  return { entries: [{ key, bytes: Buffer.from(text), secret: true }] }
}

function letters(minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...LETTERS.split('')), minLength, maxLength })
}

function longText(length: number): string {
  let state = length
  return Array.from({ length }, () => LETTERS[(state = (state * 1_103_515_245 + 12_345) % 2 ** 31) >> 27]).join('')
}

function messageOf(action: () => unknown): string {
  try {
    return String(action())
  } catch (error) {
    return (error as Error).message
  }
}

/** What the first secret was becomes another: both are to be hidden. */
function saidBy(place: string, quote: string, library: string, [secret, next]: readonly [string, string]): Said {
  const [before, after] = [secret, next].map((text) => PLACES[place]?.(text))
  const quotes = [secret, next].map((text) => `${QUOTES[quote]?.(text)}`)
  const quoted = quotes.join(' and ')
  const schema = LIBRARIES[library]?.(quoted, before?.entries ?? [])
  return {
    quote: quoted,
    ...(quotes[0] !== undefined && { firstQuote: quotes[0] }),
    ...(schema && { schema }),
    ...(before?.options && { options: before.options }),
    entries: (version) => [
      ...((version === 'first' ? before : after)?.entries ?? []),
      { path: ['version'], value: version },
    ],
  }
}

/** What is shown before a text that is no secret. */
const SAID = [
  'vetoes',
  "can't read",
  'warns of',
  'watches',
  'builds no',
  'hears of',
  'guards against',
  "canary can't read",
  'canary warns of',
  'keeps no',
  'rejects the last good',
]

describe('a secret', () => {
  it.each(Object.keys(LIBRARIES))(
    'of any length and kind, in any place and spelling, is in nothing that anybody can see, with %s',
    async (library) => {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...Object.keys(PLACES)),
          fc.constantFrom(...Object.keys(QUOTES)),
          fc.tuple(secrets, secrets),
          async (place, quote, pair) => {
            const text = await exposed(saidBy(place, quote, library, pair))
            expect(
              leaksIn(
                text,
                pair.map((secret) => secret.trim()),
              ),
            ).toEqual([])
          },
        ),
        { numRuns: 15, endOnFailure: true },
      )
    },
    TIMEOUT_MS,
  )
})

describe('a text that is no secret', () => {
  it.each(Object.keys(LIBRARIES))(
    'is shown as it is, with %s',
    async (library) => {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...Object.keys(QUOTES)),
          fc.oneof(letters(3, 60), marked),
          async (quote, text) => {
            const quoted = `${QUOTES[quote]?.(text)}`.replaceAll('\n', ' ')
            // a function makes a key of it, and a key with this word is a secret's by its name
            fc.pre(library !== 'a function' || !quoted.includes('token'))
            const entries = (version: string): readonly Entry[] => [
              { path: [], value: { version, db: { host: text }, vault: { it: version } } },
            ]
            const schema = LIBRARIES[library]?.(quoted, entries('first'))
            const shown = await exposed({
              quote: quoted,
              ...(schema && { schema }),
              entries,
            })
            // of what is wrong at a path that is covered, the schema's words are not shown
            const hidden = shown.replaceAll('is not valid ([redacted])', '').match(/.{0,80}\[redacted\].{0,20}/g)
            expect(hidden).toBeNull()
            const forms = [quoted, JSON.stringify(quoted).slice(1, -1), inspect(quoted).slice(1, -1)]
            expect(SAID.filter((said) => !forms.some((form) => shown.includes(`${said} ${form}`)))).toEqual([])
          },
        ),
        { numRuns: 10, endOnFailure: true },
      )
    },
    TIMEOUT_MS,
  )
})
