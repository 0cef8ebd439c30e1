import { inspect } from 'node:util'

import { createHotConfig } from '@hot-config/core'
import { describe, expect, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { outwardText } from '../support/outward.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { proves } from '../requirements.ts'

proves('secrets-stay-secret')

const SECRET = 'zqxjvkwy7'

class Printed {
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }
  toString(): string {
    return this.#text
  }
}

class AsJson {
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }
  toJSON(): object {
    return { deep: [this.#text] }
  }
  toString(): string {
    return '[object Object]'
  }
}

class WithHidden {
  constructor(text: string) {
    Object.defineProperty(this, 'hidden', { value: text })
  }
  get isHidden(): boolean {
    return true
  }
}

class WithSymbol {
  readonly [key: symbol]: string
  constructor(text: string) {
    Object.assign(this, { [Symbol('it')]: text })
  }
}

class Hostile {
  readonly it: string
  constructor(text: string) {
    this.it = text
    Object.defineProperty(this, 'broken', {
      get: () => {
        throw new Error('a getter that throws')
      },
      enumerable: false,
    })
  }
  toJSON(): never {
    throw new Error('no JSON')
  }
  toString(): never {
    throw new Error('no text')
  }
}

/** Makes itself anew each time that it is asked. */
class Endless {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  toJSON(): Endless {
    return new Endless(this.text)
  }
}

/**
 * The first bytes of the secret as a list, with or without their indexes, and the day of the date below. The year is a whole
 * number, because durations and revisions have random digits.
 */
const IN_OTHER_WORDS = /122[^a-z]{1,40}113[^a-z]{1,40}120|May 06|\b2031\b/

/** A secret as values that are no plain data, and what code may print of each. */
const VALUES: Readonly<Record<string, readonly [make: () => unknown, printed?: string]>> = {
  'a text': [() => SECRET],
  'a number': [() => 47_110_815, '47110815'],
  'a large integer': [() => 123_456_789_012_345_678_901n, '123456789012345678901'],
  'a date': [() => new Date('2031-05-06T07:08:09.123Z'), '2031-05-06T07:08:09.123Z'],
  'a regular expression': [() => new RegExp(SECRET)],
  'a text as an object': [() => Object(SECRET) as unknown],
  'a buffer': [() => Buffer.from(SECRET)],
  bytes: [() => new Uint8Array(Buffer.from(SECRET))],
  'a buffer of bytes': [() => new Uint8Array(Buffer.from(SECRET)).buffer],
  'a view of bytes': [() => new DataView(new Uint8Array(Buffer.from(`..${SECRET}`)).buffer, 2)],
  'a map': [() => new Map([[SECRET, { deep: 1 }]])],
  'a value of a map': [() => new Map([['it', [SECRET]]])],
  'a set': [() => new Set([SECRET])],
  'a URL': [() => new URL(`pg://user:${SECRET}@host/`)],
  'parameters of a URL': [() => new URLSearchParams({ it: SECRET })],
  'an error': [() => new Error(`not ${SECRET}`)],
  'an error with a cause': [() => new Error('no', { cause: new Error(SECRET) })],
  'an instance with a text': [() => new Printed(SECRET)],
  'an instance with a JSON form': [() => new AsJson(SECRET)],
  'an instance with a hidden property': [() => new WithHidden(SECRET)],
  'an instance with a symbol': [() => new WithSymbol(SECRET)],
  'an instance that throws': [() => new Hostile(SECRET)],
  'an instance that makes itself anew': [() => new Endless(SECRET)],
  'an object without a prototype': [() => Object.assign(Object.create(null) as object, { it: SECRET })],
}

function everyPrint(value: unknown, printed: string): string {
  const prints = [
    () => String(value),
    () => JSON.stringify(value),
    () => JSON.stringify({ deep: JSON.stringify([value], null, 2) }),
    () => inspect(value, { depth: 9, showHidden: true }),
    () => (ArrayBuffer.isView(value) ? (value as Uint8Array).join('-') : ''),
    () => printed,
  ]
  return prints
    .map((print) => {
      try {
        return print()
      } catch {
        return ''
      }
    })
    .join(' ')
}

describe('a secret that is no plain value', () => {
  const places: Readonly<Record<string, (value: unknown, n: number) => readonly [input: object, made: object]>> = {
    'in a source': (password, n) => [
      { n, password },
      { n, password },
    ],
    'that a schema makes': (password, n) => [{ n }, { n, password }],
    'that a schema moves': (value, n) => [
      { n, password: value },
      { n, password: value, open: { moved: value } },
    ],
  }
  const cases = Object.keys(VALUES).flatMap((kind) => Object.keys(places).map((place) => [kind, place] as const))

  it.each(cases)('is in nothing that anybody can see: %s, %s', async (kind, place) => {
    const [make, printed = SECRET] = VALUES[kind] as (typeof VALUES)[string]
    const value = make()
    const logger = recordingLogger()
    const source = drivenSource<object>({ n: 1 })
    const made = new Map<unknown, object>()
    await using config = await createHotConfig({
      sources: source,
      schema: (input) => made.get(input['n']) ?? input,
      logger,
    })
    config.onChange(() => {
      throw new Error(`a listener that quotes ${everyPrint(value, printed)}`)
    })
    config.beforeChange(({ next }) => {
      if ((next.value as { n: number }).n === 3) throw new Error(`a hook that quotes ${everyPrint(value, printed)}`)
    })
    for (const n of [2, 3]) {
      const [input, whole] = places[place]?.(value, n) ?? []
      made.set(n, whole ?? {})
      source.set(input ?? {})
      expect(await config.reload()).toBe(n === 2 ? 'changed' : 'rejected')
    }
    const shown = `${outwardText(config, logger)} ${inspect([config, config.history()], { depth: 9 })}`
    expect(shown).toContain('a hook that quotes')
    expect(shown).not.toContain(printed)
    expect(shown).not.toContain(SECRET)
    expect(shown).not.toMatch(IN_OTHER_WORDS)
  })

  it.each([
    ['a client that can be called', (text: string) => Object.assign(() => 1, { defaults: { headers: [text] } })],
    ['a client with a covered property', (text: string) => Object.assign(() => 1, { auth: { password: `${text}-2` } })],
    ['a symbol', (text: string) => Symbol(text)],
  ])('is not shown by what a schema makes of it: %s', async (_what, make) => {
    const source = drivenSource<object>({ n: 1, password: SECRET })
    const schema = ({ n, password }: Record<string, unknown>) => ({ n, open: make(String(password)), plain: () => n })
    await using config = await createHotConfig({ sources: source, schema, logger: false })
    source.set({ n: 2, password: `${SECRET}-other` })
    expect(await config.reload()).toBe('changed')
    const shown = inspect([config.history(), await config.explain('open')], { depth: 9 })
    expect(shown).not.toContain(SECRET)
    expect(shown).toContain("path: 'open', before: '[redacted]'")
    expect(await config.explain('plain')).toMatchObject({ value: config.current.plain })
  })

  it('hides no messages of others', async () => {
    const logger = recordingLogger()
    const source = drivenSource<object>({ n: 1 })
    await using config = await createHotConfig({ sources: source, logger })
    source.set({
      n: 2,
      password: [new Date(), new Error(SECRET), new Map(), /zqxjvk/, new Printed(''), new AsJson('')],
    })
    expect(await config.reload()).toBe('changed')
    config.beforeChange(() => {
      throw new Error(
        'Error: at Coordinated Universal Time, Object.<anonymous> of [object Map] and [object Object] failed',
      )
    })
    source.set({ n: 3 })
    expect(await config.reload()).toBe('rejected')
    expect(config.health().lastRejection?.message).toBe(
      'vetoed before the change: Error: at Coordinated Universal Time, Object.<anonymous> of [object Map] and [object Object] failed',
    )
  })
})
