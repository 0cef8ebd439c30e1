import { createHotConfig } from '@hot-config/core'
import type { Schema } from '@hot-config/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { drivenSource } from '../support/driven-source.ts'
import { longestBlock } from '../support/longest-block.ts'
import { outwardText, wholeError } from '../support/outward.ts'
import { recordingLogger } from '../support/recording-logger.ts'

interface Problem {
  readonly path?: readonly PropertyKey[]
  readonly message: string
}

/** A schema that has problems with everything but the first content. */
function rejecting(problemsOf: (value: Readonly<Record<string, unknown>>) => readonly Problem[]): Schema {
  return {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value: unknown) => {
        const issues = problemsOf(value as Record<string, unknown>)
        return issues.length > 0 ? { issues } : { value }
      },
    },
  }
}

/** Everything that is told of an update that a schema rejects. */
async function told(update: object, problemsOf: (value: Readonly<Record<string, unknown>>) => readonly Problem[]) {
  const logger = recordingLogger()
  const source = drivenSource<object>({ n: 0 })
  const schema = rejecting((value) => (value['n'] === 0 ? [] : problemsOf(value)))
  await using config = await createHotConfig({ sources: source, schema, logger })
  const errors: unknown[] = []
  config.onReject(({ error }) => errors.push(error))
  source.set(update)
  expect(await config.reload()).toBe('rejected')
  const { lastRejection } = config.health()
  return { lastRejection, errors, logger, text: outwardText(config, logger) + errors.map(wholeError).join('') }
}

const MAX_BYTES = 64 * 1024

describe('a rejection', () => {
  it('lists a hundred problems, and says how many more there are', async () => {
    const { lastRejection, errors, logger } = await told({ n: 1 }, () =>
      Array.from({ length: 10_000 }, (_, index) => ({ path: [`key${index}`], message: 'is wrong' })),
    )
    expect(lastRejection?.message).toBe('key0: is wrong (and 9,999 more)')
    expect(lastRejection?.issues).toHaveLength(101)
    expect(lastRejection?.issues.at(99)).toMatchObject({ path: 'key99', message: 'is wrong' })
    expect(lastRejection?.issues.at(100)).toEqual({ message: 'and 9,900 more' })
    const [error] = errors as [Error & { total: number }]
    expect(error.message).toMatch(/^10,000 problems\n {2}key0: is wrong\n/)
    expect(error.message).toMatch(/\n {2}and 9,900 more$/)
    expect(error.total).toBe(10_000)
    expect(JSON.stringify(logger.lines).length).toBeLessThan(MAX_BYTES)
  })

  it.each<[string, number, number]>([
    ['of one message of a mebibyte', 1, 1024 * 1024],
    ['of many long messages', 100, 50_000],
    ['of many messages that take several bytes a character', 1_000, 2_000],
  ])('%s takes at most 64 KiB', async (_what, count, length) => {
    const { lastRejection, logger, errors } = await told({ n: 1 }, () =>
      Array.from({ length: count }, (_, index) => ({ path: [`€${index}`.repeat(100)], message: '€'.repeat(length) })),
    )
    expect(Buffer.byteLength(JSON.stringify(lastRejection))).toBeLessThan(MAX_BYTES)
    expect(Buffer.byteLength(JSON.stringify(logger.lines))).toBeLessThan(MAX_BYTES)
    expect(Buffer.byteLength((errors[0] as Error).message)).toBeLessThan(MAX_BYTES)
    expect(lastRejection?.message).toContain('€€€')
  })

  it('by a hook that says a lot takes at most 64 KiB, with all its causes', async () => {
    const source = drivenSource({ n: 0 })
    await using config = await createHotConfig({ sources: source, logger: false })
    config.beforeChange(() => {
      const error = Array.from({ length: 10 }).reduce<Error | undefined>(
        (cause) => new Error('no '.repeat(100_000), { cause }),
        undefined,
      )
      throw error
    })
    const errors: unknown[] = []
    config.onReject(({ error }) => errors.push(error))
    source.set({ n: 1 })
    expect(await config.reload()).toBe('rejected')
    let bytes = 0
    for (let error = errors[0] as Error | undefined; error; error = error.cause as Error | undefined) {
      bytes += Buffer.byteLength(`${error.message}${error.stack}`)
    }
    expect(bytes).toBeLessThan(MAX_BYTES)
  })
})

describe('a value that is rejected', () => {
  const kinds: Readonly<Record<string, string>> = {
    letters: 'abcdefghij',
    'what patterns are made of': '(a+)+$[^]{2,}\\',
    'lines and quotes': 'line "one"\n\tline two\\',
    'characters of several bytes': '漢字€ß😀',
  }
  const quotes: Readonly<Record<string, (value: string) => string>> = {
    'as it is': (value) => value,
    'as JSON': (value) => JSON.stringify(value),
    'in part': (value) => `${value.slice(100, 400)}...`,
    'in base64': (value) => Buffer.from(value).toString('base64'),
  }
  const cases = Object.keys(kinds).flatMap((kind) =>
    Object.keys(quotes).flatMap((quote) =>
      [40, 32 * 1024, 1024 * 1024].map((length) => [kind, quote, length] as const),
    ),
  )

  it.each(cases)('is not quoted by the problem at its path: %s %s, %i characters', async (kind, quote, length) => {
    const unit = kinds[kind] ?? ''
    const value = unit.repeat(Math.ceil(length / unit.length)).slice(0, length)
    const { text, lastRejection } = await told({ n: 1, it: value }, () => [
      { path: ['it'], message: `expected a number, not ${quotes[quote]?.(value)}` },
    ])
    expect(lastRejection?.message).toMatch(/^driven it: expected a number, not /)
    const piece = value.slice(0, 24)
    for (const form of [
      piece,
      JSON.stringify(piece).slice(1, -1),
      Buffer.from(piece).toString('base64').slice(0, 16),
    ]) {
      expect(text).not.toContain(form)
    }
  })
})

describe('a text that makes the check for secrets fail', () => {
  it.each<[string, unknown]>([
    ['is no text', { quotes: 'hunter22' }],
    [
      'throws',
      {
        get length(): number {
          throw new Error('hunter22')
        },
      },
    ],
  ])('is not shown, nor is the failure: it %s', async (_how, message) => {
    const { text, lastRejection } = await told({ n: 1, password: 'hunter22' }, () => [{ message: message as string }])
    expect(lastRejection?.issues).toMatchObject([{ message: 'a message that could not be checked for secrets' }])
    expect(text).not.toContain('hunter22')
  })
})

describe('a secret that costs more than its length to hide', () => {
  it.each([
    ['characters beyond ASCII, and one beyond Latin-1 at the end', `${'\u00a0'.repeat(30_000)}€`],
    ['a URL of colons', `a://${':'.repeat(60_000)}`],
    ['a scheme without an end', 'a'.repeat(60_000)],
    ['digits of hex, and none at the end', `${'ab'.repeat(30_000)}x`],
    ['percents', '%4'.repeat(20_000)],
    ['backslashes', '\\u00'.repeat(15_000)],
    ['commas', ','.repeat(60_000)],
    ['quotes', '"'.repeat(60_000)],
    ['base64 in base64', Buffer.from(Buffer.from('x'.repeat(30_000)).toString('base64')).toString('base64')],
  ])('stalls nothing: %s', async (_what, secret) => {
    const source = drivenSource<string>('first', {
      reading: (text) => ({ entries: [{ key: 'vault', bytes: Buffer.from(text), secret: true }] }),
    })
    await using config = await createHotConfig({ sources: source, logger: false })
    source.set(secret)
    const { result, cpuMs } = await longestBlock(() => config.reload())
    expect(result).toBe('changed')
    expect(cpuMs).toBeLessThan(100)
  })
})

describe('many problems beside many secrets', () => {
  it('stall nothing', async () => {
    const entries = (n: number, length: number): object => ({
      n,
      ...Object.fromEntries(Array.from({ length }, (_, index) => [`key${index}`, `value ${n} of ${index}`])),
    })
    const secrets = (n: number): object =>
      Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`s${index}`, `${index}-${n}-`.repeat(20)]))
    const source = drivenSource<number>(0, {
      reading: (n) => ({
        entries: [
          { path: [], value: entries(n, 5_000) },
          { path: ['vault'], value: secrets(n), secret: true },
        ],
      }),
    })
    const schema = z.looseObject({ n: z.number() }).superRefine((value, context) => {
      if (value.n === 0) return
      for (const key of Object.keys(value)) {
        if (key.startsWith('key'))
          context.addIssue({ code: 'custom', message: `not ${String(value[key])}`, path: [key] })
      }
    })
    await using config = await createHotConfig({ sources: source, schema, logger: false })
    source.set(1)
    const { result, ownMs } = await longestBlock(() => config.reload())
    expect(result).toBe('rejected')
    expect(config.health().lastRejection?.issues.at(-1)).toEqual({ message: 'and 4,900 more' })
    // it took twenty seconds in one piece when every problem was held against every secret
    expect(ownMs).toBeLessThan(1_500)
  })
})
