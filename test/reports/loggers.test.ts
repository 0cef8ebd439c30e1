import { Writable } from 'node:stream'
import { format, inspect } from 'node:util'

import { createHotConfig } from '@hot-config/core'
import type { Logger } from '@hot-config/core'
import log4js from 'log4js'
import pino from 'pino'
import { afterEach, describe, expect, it, vi } from 'vitest'
import winston from 'winston'

import { drivenSource } from '../support/driven-source.ts'

/** A stream that keeps what is written to it. */
function memory(): { readonly stream: Writable; text(): string } {
  const written: string[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk.toString())
      done()
    },
  })
  return { stream, text: () => written.join('') }
}

/** What two updates leave in a log: one that is served, and one that is rejected. */
async function logOf(logger: Logger): Promise<void> {
  const source = drivenSource<{ n: number }>({ n: 1 })
  const schema = (input: Record<string, unknown>): unknown => {
    if (input['n'] === 3) throw new Error('not three')
    return input
  }
  await using config = await createHotConfig({ sources: source, schema, logger })
  for (const n of [2, 3]) {
    source.set({ n })
    await config.reload()
  }
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('the log', () => {
  it('has text and fields with pino', async () => {
    const { stream, text } = memory()
    await logOf(pino(stream))
    const lines = text()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(lines).toContainEqual(
      expect.objectContaining({
        msg: 'configuration changed',
        version: 2,
        digest: expect.stringMatching(/^sha256:/) as string,
        changes: [{ path: 'n', before: 1, after: 2 }],
      }),
    )
  })

  it('has text and fields with winston', async () => {
    const { stream, text } = memory()
    const logger = winston.createLogger({ transports: [new winston.transports.Stream({ stream })] })
    await logOf(logger)
    const lines = text()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 'info',
        message: 'configuration changed',
        version: 2,
        digest: expect.stringMatching(/^sha256:/) as string,
        changes: [{ path: 'n', before: 1, after: 2 }],
      }),
    )
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('not three') as string }),
    )
    expect(text()).not.toContain('[object Object]')
  })

  it('has text and plain values with log4js', async () => {
    log4js.configure({
      appenders: { memory: { type: 'recording' } },
      categories: { default: { appenders: ['memory'], level: 'info' } },
    })
    await logOf(log4js.getLogger())
    const recorded = log4js.recording().replay()
    expect(recorded.map(({ data }) => data as unknown[])).toContainEqual([
      'configuration changed',
      expect.objectContaining({ version: 2, changes: [{ path: 'n', before: 1, after: 2 }] }),
    ])
  })

  it('has text and plain values with the console', async () => {
    const info = vi.spyOn(console, 'info').mockImplementation(() => undefined)
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    await logOf(console)
    const changed = info.mock.calls.find(([message]) => message === 'configuration changed')
    expect(Object.getOwnPropertyDescriptor(changed?.[1], 'changes')?.value).toEqual([
      { path: 'n', before: 1, after: 2 },
    ])
    expect(warn.mock.calls[0]?.[0]).toContain('not three')
    // what there is not is no field either
    const fields = info.mock.calls.flatMap(([, details]) => Object.values((details ?? {}) as object))
    expect(fields).not.toContain(undefined)
  })

  it.each<[string, (details: object) => string]>([
    ['as the console does', (details) => format('%s', 'text', details)],
    ['by inspect', (details) => inspect(details, { depth: 5 })],
    ['as JSON', (details) => JSON.stringify(details)],
    ['as a copy', (details) => inspect({ ...details }, { depth: 5 })],
  ])('has plain values with a logger of the same shape that prints %s', async (_, print) => {
    const lines: string[] = []
    const write = (details: object, message: string): void => void lines.push(`${message} ${print(details)}`)
    await logOf({ info: write, warn: write, error: write })
    const [loaded, changed] = lines
    expect(loaded).toMatch(/^configuration loaded .*sha256:/s)
    expect(changed).toMatch(/^configuration changed .*sha256:.*path\W+n\W+before\W+1\W+after\W+2/s)
    expect(lines.join()).not.toContain('Getter')
  })
})
