import { OptionError, values } from '@hot-config/core'
import { createTestConfig } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { ARGUMENTS, observed, RUBBISH, TAKERS } from './option-takers.ts'
import type { Rubbish } from './option-takers.ts'

const ALL = Object.keys(RUBBISH) as Rubbish[]
const openAtFirst = handles()

const mistaken = createTestConfig({ n: 1 })

/** What is easily passed in place of options. The keys are the words for it in the error. */
const MISTAKEN: Readonly<Record<string, unknown>> = {
  'a promise: await it': Promise.resolve({}),
  'a HotConfig': mistaken,
  'what startHotConfig() returns, with a HotConfig as its "config"': {
    config: mistaken,
    ready: Promise.resolve(mistaken),
  },
  'a schema': z.object({}),
  'a source': values({}),
  'a request: call the function once, and use what it returns': { headers: {}, method: 'GET', url: '/' },
}

/** The option that each of them was probably meant for. */
const BELONGS_TO: Readonly<Record<string, string>> = {
  'a HotConfig': 'config',
  'a schema': 'schema',
  'a source': 'sources',
}

function handles(): string[] {
  return process.getActiveResourcesInfo().filter((type) => type.endsWith('Wrap'))
}

/** What it throws, whether at once or later. An option that makes no sense must be noticed before anything is started. */
async function errorOf(call: () => unknown): Promise<unknown> {
  const { listeners } = observed
  try {
    await call()
    return undefined
  } catch (error) {
    if (error instanceof OptionError) expect(observed.listeners).toBe(listeners)
    return error
  }
}

/** The name, when this is the error for an option of that name, in one sentence that shows no value; else the error. */
function subjectOf(error: unknown, name: string): unknown {
  if (!(error instanceof OptionError) || error.code !== 'HOT_CONFIG_OPTION') return error
  const [, subject = '', sentence = ''] = /^([^ ]+): ([^\n]+)$/.exec(error.message) ?? []
  const isAbout = subject === name || subject.startsWith(`${name}.`)
  return isAbout && !/1mb|rubbish/.test(sentence) ? name : error
}

describe.each(TAKERS.map((taker) => [`${taker.of}(${taker.place ?? ''})`, taker] as const))('%s', (_name, taker) => {
  const { options, base = {}, place = '', itself = 'optional', awaits = false } = taker
  const take = taker.take as (options: unknown) => unknown
  const given = (more: object): Promise<unknown> => errorOf(() => take({ ...base, ...more }))

  it('lists all of its options for an unknown one', async () => {
    const error = await given({ unheardOf: 1 })
    expect(subjectOf(error, `${place}unheardOf`)).toBe(`${place}unheardOf`)
    const listed = /; there are (.*)$/.exec((error as Error).message)?.[1]?.split(', ')
    expect(listed?.toSorted()).toEqual(Object.keys(options).toSorted())
  })

  it('says which option was meant by a misspelt name', async () => {
    for (const name of Object.keys(options)) {
      const misspelt = `${name.slice(0, -1)}${name.at(-1)}${name.at(-1)}`
      const error = await given({ [misspelt]: 1 })
      expect(subjectOf(error, `${place}${misspelt}`)).toBe(`${place}${misspelt}`)
      expect((error as Error).message).toContain(`unknown option (did you mean "${name}"?)`)
    }
  })

  it('counts `undefined` as not given', async () => {
    const left = Object.keys(options).filter((name) => !(name in base))
    expect(await given({ unheardOf: undefined, ...Object.fromEntries(left.map((name) => [name, undefined])) })).toBe(
      undefined,
    )
  })

  it.each(Object.keys(options))('rejects what makes no sense as %s, and nothing else', async (name) => {
    const rejected: Rubbish[] = []
    for (const word of ALL) {
      const error = await given({ [name]: RUBBISH[word] })
      if (subjectOf(error, `${place}${name}`) === `${place}${name}`) rejected.push(word)
    }
    expect(rejected).toEqual(ALL.filter((word) => !options[name]?.includes(word)))
  })

  it
    .runIf(itself !== 'replaced by the framework')
    .each(Object.keys(MISTAKEN).filter((what) => !awaits || !what.startsWith('a promise')))(
    'names %s in place of options',
    async (what) => {
      const start = place === '' ? 'options' : place.slice(0, -1)
      const error = await errorOf(() => take(MISTAKEN[what]))
      expect(subjectOf(error, start)).toBe(start)
      expect((error as Error).message).toContain(`, got ${what}`)
      const [, option = ''] = /: pass it as \{ (\w+) \}$/.exec((error as Error).message) ?? []
      expect(option in options).toBe(Object.hasOwn(options, BELONGS_TO[what] ?? ''))
    },
  )

  it.runIf(itself !== 'replaced by the framework')('rejects options that are no object', async () => {
    const others: Rubbish[] = ['null', 'NaN', '-1', "''", "'1mb'", '[]', "['']", 'a symbol', 'a function', 'true']
    const start = place === '' ? 'options' : place.slice(0, -1)
    for (const word of others) expect(subjectOf(await errorOf(() => take(RUBBISH[word])), start)).toBe(start)
    if (itself === 'required') expect(subjectOf(await errorOf(() => take(undefined)), start)).toBe(start)
  })
})

describe.each(ARGUMENTS)('$of($name)', ({ take, name, accepted = [], isOptional = false }) => {
  it.each(ALL)('with %s', async (word) => {
    const error = await errorOf(() => take(RUBBISH[word] as never))
    if (accepted.includes(word)) expect(error).toBe(undefined)
    else expect(subjectOf(error, name)).toBe(name)
  })

  it.runIf(!isOptional)('without it', async () => {
    expect(subjectOf(await errorOf(() => take(undefined as never)), name)).toBe(name)
  })
})

it('nothing of all that is left behind', () => {
  expect(handles()).toEqual(openAtFirst)
})
